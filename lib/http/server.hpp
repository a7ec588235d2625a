#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "http/router.hpp"
#include "net/connection.hpp"

namespace parley::http {

struct Config {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8000;
  std::size_t max_head = 16 * 1024;                 ///< Bytes of request line and headers; more is a 431.
  std::chrono::milliseconds head_timeout{10'000};   ///< From the first byte of a request (or the connect) to its head's end: 408, close.
  std::chrono::milliseconds body_timeout{30'000};   ///< From the head's end to the body's.
  std::chrono::milliseconds keep_alive{65'000};     ///< Idle between requests.
  std::vector<std::string> trusted_proxies;         ///< Addresses or CIDR ranges whose X-Forwarded-* are believed.
  net::ConnectionLimits connections;
};

/// The HTTP/1.1 server: one listener, requests of a connection one after another (pipelined ones wait).
/// Source: RFC 9112; Beast parses.
class Server {
 public:
  /// Binds at once; throws std::system_error. `router` outlives the server.
  Server(net::Shards& shards, Config config, const Router& router);
  ~Server();

  std::uint16_t port() const;
  /// No new connections; idle ones close now, busy ones with `Connection: close` after their answer.
  void drain();
  net::Listener::Counts counts() const;
};

}  // namespace parley::http
