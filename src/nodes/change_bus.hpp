#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "chat/change.hpp"
#include "net/shard.hpp"
#include "nodes/name.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace parley::nodes {

/// Tells the other nodes what changed here, and hears of them what changed there: one Redis channel
/// a user, `parley:user:<id>`, listened to by the nodes where devices of that user are connected.
/// So a message between two people costs the nodes where these two are. Redis keeps nothing: what
/// is told while a node does not listen is lost to it, and `on_gap` says so. Lives on the shard of
/// client and subscriber, which are its own; outlives the shards' threads.
class ChangeBus {
 public:
  /// What comes from other nodes, on the home shard.
  struct Handlers {
    std::function<void(std::vector<chat::Change>)> changes;
    std::function<void(chat::UserId, std::optional<chat::FamilyId>)> close;
    /// Changes may have been missed, none of before `since`, and come again from now on.
    std::function<void(Time since)> gap;
  };
  struct Counts {
    std::uint64_t published = 0, received = 0, own = 0, unreadable = 0;
    std::uint64_t followed = 0;  ///< Users, now.
  };

  /// Before the shards start.
  ChangeBus(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber, ThisNode node);
  ~ChangeBus();
  ChangeBus(const ChangeBus&) = delete;
  ChangeBus& operator=(const ChangeBus&) = delete;

  /// Before the shards start.
  void set_handlers(Handlers handlers);

  /// To everybody whom the changes concern, in the order of the calls; where earlier ones were lost
  /// the others hear of that before. Home shard only.
  void publish(const std::vector<chat::Change>& changes);
  /// Ends logins on the other nodes: while Redis is away it is tried for two minutes. Any thread.
  void close_logins(chat::UserId user, std::optional<chat::FamilyId> family);

  /// Returns when what concerns the user is heard here, or Redis is away; until `unfollow` was
  /// called as often. Any shard, and back there.
  Task<void> follow(chat::UserId user);
  void unfollow(chat::UserId user);

  Counts counts() const;  ///< Any thread.

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace parley::nodes
