#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.hpp"
#include "base/time.hpp"
#include "net/shard.hpp"
#include "nodes/name.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace parley::nodes {

/// What this node could not publish the others miss, though their own connections are well: it says
/// so on the channel `parley:missed`, as soon as it can publish again, and before whatever it
/// publishes then: `<node> <since, Unix ms>`. Lives on the shard of client and subscriber; outlives
/// the shards' threads.
class Missed {
 public:
  using Listener = std::function<void(Time since)>;

  /// `client` publishes and does nothing else; `listener` hears what other nodes say. Before the
  /// shards start.
  Missed(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber, ThisNode node,
         Listener listener);

  /// What has to be published before anything else; nullopt: nothing was missed, or all is told.
  /// Taken, it counts as told for as long as the connection lasts. Home shard only.
  std::optional<redis::Command> take_notice();

 private:
  Task<void> watch();
  void hear(std::string_view text);

  redis::Client& client_;
  redis::Subscriber& subscriber_;
  const ThisNode node_;
  const Listener listener_;
  std::uint64_t told_ = 0;      ///< Losses that a notice spoke of.
  bool is_confirmed_ = true;    ///< And that has reached Redis.
  Time clean_ = node_.clock();  ///< Nothing that was published before it was lost.
};

}  // namespace parley::nodes
