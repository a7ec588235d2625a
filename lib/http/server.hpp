#pragma once

#include <memory>

#include "http/router.hpp"
#include "http/service.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "net/tls.hpp"

namespace parley::http {

/// The HTTP/1.1 server: one listener, requests of a connection one after another (pipelined ones
/// wait). Source: RFC 9112; Beast parses.
class Server {
 public:
  /// Binds at once; throws std::system_error, and std::invalid_argument for impossible settings.
  /// `router` outlives the server and the shards' threads. `tls` is for every connection, and
  /// outlives the server; nullptr: plain HTTP.
  Server(net::Shards& shards, Config config, const Router& router, const net::Tls* tls = nullptr);
  /// Stops accepting. Before the shards' end; after their stop, or connections are still served.
  ~Server();

  std::uint16_t port() const;
  /// No new connections; idle ones, and those in their TLS handshake, close now, busy ones with
  /// `Connection: close` after their answer. Any thread but a shard's that shard 0 waits for.
  void drain();
  net::Listener::Counts counts() const;
  Service::Counts request_counts() const;

 private:
  net::Shards& shards_;
  const net::Tls* tls_;
  std::shared_ptr<Service> service_;  ///< The shards keep it while connections may need it.
  net::Listener listener_;
};

/// For net::TlsConfig: a whole answer that says what is wrong.
std::string answer_to_plain_http();

}  // namespace parley::http
