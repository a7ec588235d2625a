#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"
#include "redis/config.hpp"

namespace parley::redis {

/// How a channel is subscribed: SUBSCRIBE, PSUBSCRIBE or SSUBSCRIBE (Redis 7).
enum class Kind { channel, pattern, shard_channel };

/// What the server says of a channel that was subscribed.
enum class Standing {
  unknown,  ///< Nothing yet, or nobody subscribed it.
  heard,    ///< It is subscribed on the present connection.
  refused,  ///< It may not be, and is asked for again now and then.
};

/// Channels that the server refuses.
struct Refusals {
  std::size_t channels = 0;
  std::string reason;  ///< The server's latest text; empty when there are none.
};

/// One connection that listens. Kept up with backoff; subscribes everything again after a loss:
/// what was published meanwhile is gone, and `on_state(true)` says so. Lives on one shard, where
/// handlers run, in the order of the server.
class Subscriber {
 public:
  /// Both borrowed for the call.
  using Handler = std::function<void(std::string_view channel, std::string_view message)>;

  Subscriber(net::Shard& home, Config config, std::string_view name);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// Home shard only. One handler a (kind, name): conflict when there is one. Returns when the
  /// server has confirmed it. unavailable: not yet (no connection, or Config::command_timeout
  /// passed); the subscription is kept all the same, and is made as soon as there is a connection.
  /// bad_request: the server refuses it (`detail` is its text); it is asked again at each
  /// Config::idle_ping, `on_opened` tells when it is heard, and `refusals` counts it until then.
  Task<Result<Done>> subscribe(Kind kind, std::string name, Handler handler);
  /// The same without waiting. Home shard only.
  void subscribe_soon(Kind kind, std::string name, Handler handler);
  /// Its handler is not called any more. Home shard only; unknown names are ignored.
  void unsubscribe(Kind kind, std::string_view name);

  Standing standing(Kind kind, std::string_view name) const;  ///< Home shard only.
  Refusals refusals() const;                                  ///< Any thread.

  bool is_connected() const;       ///< Any thread. As on_state says.
  std::string last_error() const;  ///< Any thread; empty while connected.
  /// Before the shards start; on the home shard. True: connected, and all that was subscribed
  /// before is confirmed again, or refused.
  void on_state(std::function<void(bool connected)> listener);
  /// Before the shards start; on the home shard. Channels that were refused are heard from now on;
  /// what was published there is gone, of the first of them since `since`.
  void on_opened(std::function<void(SteadyTime since)> listener);

 private:
  class Link;
  std::shared_ptr<Link> link_;
};

}  // namespace parley::redis
