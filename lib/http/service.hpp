#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/client_address.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "net/connection.hpp"

namespace parley::http {

struct Config {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8000;
  std::size_t max_head = 16 * 1024;  ///< Bytes of request line and headers; more is a 431.
  /// From the first byte of a request (or the connect) to its head's end: 408, close.
  std::chrono::milliseconds head_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};  ///< From the head's end to the body's.
  std::chrono::milliseconds keep_alive{65'000};    ///< Idle between requests.
  /// While draining, in place of the first two: a stop does not wait longer for half a request.
  std::chrono::milliseconds draining_timeout{5'000};
  /// Addresses or CIDR ranges whose X-Forwarded-* are believed.
  std::vector<std::string> trusted_proxies;
  /// On every answer, also refusals and those of mounted endpoints, unless it has a field of that
  /// name.
  Headers fixed_headers;
  net::ConnectionLimits connections;
};

/// What all HTTP connections of a server share: settings, routes, counters, and who is connected.
/// Makes the protocol of a connection; Server adds the listener. Outlives its connections.
class Service {
 public:
  /// Throws std::invalid_argument for a trusted proxy that is none. `router` outlives the service.
  Service(Config config, const Router& router, std::size_t shards);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// HTTP/1.1 for a new connection. On the connection's shard.
  std::unique_ptr<net::Protocol> protocol(net::Connection& connection);

  /// From now on every answer closes its connection. Any thread.
  void start_draining();
  /// Closes the connections of the current shard: idle ones now, busy ones after their answer, and
  /// those whose request does not come in Config::draining_timeout.
  void drain(net::Shard& shard);
  /// Closes all connections of the current shard now.
  void close_all(net::Shard& shard);

  struct Counts {
    std::uint64_t requests = 0;  ///< Whose head was read and understood.
    /// Malformed, too large a head, ambiguous, …: never seen by a route.
    std::uint64_t refused = 0;
    std::uint64_t timeouts = 0;  ///< Heads and bodies that did not come in time.
  };
  /// Any thread; the shards' counters added up.
  Counts counts() const;

  /// For the protocol.
  struct Core;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace parley::http
