#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "chat/ports/presence_store.hpp"

namespace parley::chat::fakes {

/// A PresenceStore in memory, for tests. Any thread.
class MemoryPresence final : public PresenceStore {
 public:
  Task<Result<bool>> arrive(UserId user, std::string device, Time now) override;
  Task<Result<bool>> leave(UserId user, std::string device, Time now) override;
  Task<Result<std::vector<Presence>>> status(std::vector<UserId> users) override;

 private:
  struct Known {
    std::set<std::string> devices;
    std::optional<Time> last_seen;
  };
  std::mutex mutex_;
  std::map<UserId, Known> users_;
};

}  // namespace parley::chat::fakes
