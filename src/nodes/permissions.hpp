#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace parley::nodes {

/// Whether the server would take each of these commands from this account; none is executed.
/// bad_request: it would not, with its words about the first. unavailable: it did not say.
Task<Result<Done>> try_commands(redis::Client& client, std::vector<redis::Command> commands);

/// Commands of this room as `try_commands` takes them: one for each kind of channel.
std::vector<redis::Command> channels_heard();
std::vector<redis::Command> channels_told();

/// Before the shards start: says in the log when Redis begins to refuse `client` writes, and when
/// it takes them again. `connection` (a literal) names it there.
void log_refusals(redis::Client& client, std::string_view connection);

/// Whether Redis lets this node hear and tell the others, and write: an account may be kept from
/// channels, and nobody may write to a Redis whose memory is full, while all connections are up.
/// Says in the log when that changes. Lives on the shard of client and subscribers; outlives the
/// shards' threads.
class Permissions {
 public:
  struct Config {
    std::chrono::milliseconds every = std::chrono::seconds{5};
  };

  /// Before the shards start. `told`: what has to be permitted to `client`.
  Permissions(net::Shard& home, redis::Client& client, std::vector<redis::Command> told,
              std::vector<const redis::Subscriber*> listeners, Config config);

  /// Any thread. bad_request: since when writes are refused, or how many channels, and Redis'
  /// words.
  Result<Done> state() const;
  /// Any thread: channels that are not heard, and one more when nothing can be told.
  std::size_t refused() const;
  bool refuses_writes() const { return client_.refusal().has_value(); }  ///< Any thread.

 private:
  Task<void> watch();
  Task<void> look();
  Result<Done> channels() const;
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
