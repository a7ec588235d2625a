#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.hpp"
#include "base/time.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace parley::nodes {

/// What this node could not publish the others miss, though their own connections are well: it says
/// so on the channel `parley:missed`, as soon as it can publish again: `<node> <since, Unix ms>`.
/// Lives on the shard of client and subscriber; outlives the shards' threads.
class Missed {
 public:
  using Listener = std::function<void(Time since)>;

  /// `client` publishes and does nothing else; `listener` hears what other nodes say, of several at
  /// once the earliest. Before the shards start.
  Missed(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber, std::string node,
         Listener listener);

 private:
  Task<void> watch();
  void hear(std::string_view text);
  Task<void> tell();

  net::Shard& home_;
  redis::Client& client_;
  redis::Subscriber& subscriber_;
  const std::string node_;
  const Listener listener_;
  std::optional<Time> since_;  ///< Heard, and not told yet.
};

}  // namespace parley::nodes
