#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace parley::cluster {

using namespace std::chrono_literals;

/// Which of the wire formats of @socket.io/redis-adapter; all servers of a cluster speak the same.
enum class Protocol : std::uint8_t {
  classic,  ///< createAdapter: every server hears every message. Also @socket.io/redis-emitter's.
  sharded,  ///< createShardedAdapter, "dynamic": a room's messages go where it has members.
            ///< Redis 7.
};

struct Config {
  Protocol protocol = Protocol::classic;
  std::string prefix = "socket.io";  ///< Of every channel: upstream's `key` or `channelPrefix`.
  /// What servers have not answered by then is left out.
  std::chrono::milliseconds requests_timeout = 5s;
  /// For a room's channel to be subscribed; behind it `reachable` says no.
  std::chrono::milliseconds subscription_timeout = 2s;
  /// Of answers that another server's clients are asked for.
  std::chrono::milliseconds max_ack_timeout = 300s;
  /// Unanswered at a time, per namespace; more give what is known here.
  std::size_t max_requests = 10'000;
  std::size_t max_answers = 1'000'000;  ///< To one request; what comes beyond ends it.
  std::size_t max_message = 16 << 20;   ///< Bytes of another server's message; larger is dropped.
};

}  // namespace parley::cluster
