#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace parley::nodes {

/// Whether the server would take each of these commands from this account; none is executed.
/// bad_request: it would not, with its words about the first.
Task<Result<Done>> try_commands(redis::Client& client, std::vector<redis::Command> commands);

/// Commands of this room as `try_commands` takes them: one for each kind of channel.
std::vector<redis::Command> channels_heard();
std::vector<redis::Command> channels_told();

/// Whether Redis lets this node hear and tell the others: an account may be kept from channels
/// while all connections are up. Says in the log when that changes. Lives on the shard of client
/// and subscribers; outlives the shards' threads.
class Permissions {
 public:
  struct Config {
    std::chrono::milliseconds every = std::chrono::seconds{5};
  };

  /// Before the shards start. `told`: what has to be permitted to `client`.
  Permissions(net::Shard& home, redis::Client& client, std::vector<redis::Command> told,
              std::vector<const redis::Subscriber*> listeners, Config config);

  /// Any thread. bad_request: how many channels are refused, and Redis' words.
  Result<Done> state() const;
  /// Any thread: channels that are not heard, and one more when nothing can be told.
  std::size_t refused() const;

 private:
  Task<void> watch();
  Task<void> look();
  void note();

  redis::Client& client_;
  const std::vector<redis::Command> told_;
  const std::vector<const redis::Subscriber*> listeners_;
  const Config config_;
  bool was_refused_ = false;
  mutable std::mutex mutex_;  ///< Guards untold_, which other threads ask for.
  std::string untold_;        ///< Why nothing can be told; empty: it can, or is not known.
};

}  // namespace parley::nodes
