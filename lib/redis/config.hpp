#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace parley::redis {

using namespace std::chrono_literals;

/// Where a Redis server is, and how patient to be with it.
struct Config {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string user;  ///< Empty: AUTH with the password alone.
  std::string password;
  unsigned database = 0;
  bool tls = false;     ///< The certificate is checked against the system's roots, and its name.
  std::string ca_file;  ///< PEM; checks against this one in place of the system's roots.

  std::chrono::milliseconds connect_timeout = 5s;
  std::chrono::milliseconds command_timeout = 2s;  ///< From the call to the reply.
  std::chrono::milliseconds backoff_min = 50ms;    ///< Doubles, with jitter, up to backoff_max.
  std::chrono::milliseconds backoff_max = 3s;
  std::chrono::milliseconds idle_ping = 10s;  ///< Silence after which the server is asked for life.
  /// While the server refuses writes, from one question whether it takes them again to the next.
  std::chrono::milliseconds refused_again = 1s;
  std::size_t max_waiting = 100'000;         ///< Commands without a reply; more: overloaded.
  std::size_t max_waiting_bytes = 64 << 20;  ///< Not yet written; more: overloaded.
  /// Bytes of memory that the replies to one call may take; more closes the connection.
  std::size_t max_reply = 64 << 20;
};

/// Reads `redis://[[user]:password@]host[:port][/database]`, `rediss://` for TLS, or `host:port`.
/// bad_request says what is wrong, without the password.
Result<Config> parse_url(std::string_view url);

}  // namespace parley::redis
