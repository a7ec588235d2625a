#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/task.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace parley::nodes {

/// What nodes tell one another's people at once, as Socket.IO events, is lost where a connection to
/// Redis is away, or refused a channel: the teller's, or the listener's. Whoever had lost one asks
/// all nodes, itself too, to tell again what has to arrive, on the channel `parley:missed-events`:
/// `<ms>`, within which it was told. Of nodes that lost theirs together the last one to come back
/// asks when all the others hear it. Lives on the shard of client and subscriber; outlives the
/// shards' threads.
class MissedEvents {
 public:
  struct Config {
    /// After which a loss is noticed at the latest; longer than `pause`.
    std::chrono::milliseconds unnoticed =
        redis::Config{}.idle_ping + redis::Config{}.command_timeout;
    /// Nodes that were away together come back within it, and one answer does for all.
    std::chrono::milliseconds pause = redis::Config{}.backoff_max;
  };
  /// What was told since then is to be told again.
  using Listener = std::function<void(SteadyTime since)>;

  /// Before the shards start. It is the only listener of the two connections' state, and of
  /// channels that open.
  MissedEvents(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber,
               Config config);
  /// Before the shards start. Runs on the home shard.
  void on_missed(Listener listener) { listener_ = std::move(listener); }

 private:
  void connection_changed(bool is_connected);
  Task<void> ask(SteadyTime since);
  void hear(std::string_view text);
  Task<void> tell_soon();

  net::Shard& home_;
  redis::Client& client_;
  redis::Subscriber& subscriber_;
  const Config config_;
  Listener listener_;
  std::optional<SteadyTime> missed_;  ///< Since then; nobody was asked. At first, from the start.
  std::optional<SteadyTime> asked_;   ///< For what was told since then; the listener hears soon.
};

}  // namespace parley::nodes
