#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "chat/ports/presence_store.hpp"
#include "chat/present_users.hpp"
#include "net/shard.hpp"

namespace parley::store::embedded {

class Database;

/// Who is connected to this process. Each user's devices are counted on one shard, chosen by their
/// id; what outlives the process is in the database (see Liveness). The shards run while it is
/// called.
class Presence final : public chat::PresenceStore {
 public:
  Presence(net::Shards& shards, Database& database);

  Task<Result<bool>> arrive(chat::UserId user, std::string device, Time now) override;
  Task<Result<bool>> leave(chat::UserId user, std::string device, Time now) override;
  Task<Result<std::vector<chat::Presence>>> status(std::vector<chat::UserId> users) override;
  /// Any thread, without waiting: about as long as a look-up.
  bool is_online(const chat::UserId& user) const;

 private:
  /// One shard's users. Touched by that shard's thread only, but for `is_online`: what it reads is
  /// changed under the lock.
  struct Home {
    mutable std::mutex mutex;
    chat::PresentUsers present;
    /// When those left whose rows cannot be read yet.
    std::unordered_map<chat::UserId, Time> leaving;
    /// Those of them whose rows could not be written; while there are any, that is tried again.
    std::unordered_map<chat::UserId, Time> unwritten;
    bool is_trying = false;
  };

  std::size_t home_of(chat::UserId user) const;
  bool enter(chat::UserId user, std::string device, Time now);
  Task<bool> exit(chat::UserId user, std::string device, Time now);
  void settled(chat::UserId user, Time left, bool is_written);
  Task<void> try_again(Home& home);
  Task<bool> write_one(Home& home);

  net::Shards& shards_;
  Database& database_;
  std::vector<Home> homes_;
};

}  // namespace parley::store::embedded
