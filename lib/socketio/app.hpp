#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/router.hpp"
#include "net/shard.hpp"
#include "socketio/server.hpp"

namespace parley::socketio {

struct AppConfig {
  std::string host;           ///< Empty: every address of this machine, IPv4 and IPv6.
  std::uint16_t port = 3000;  ///< 0 lets the system choose.
  unsigned shards = 0;        ///< Threads; 0 means one a core.
  Config socketio;
  /// Called once, before the server is made: for what needs the shards, as an adapter of a cluster
  /// does. What it returns is kept until the server is gone.
  std::function<std::shared_ptr<void>(net::Shards&, Config&)> prepare;

  /// The settings of a small program's command line: `--host H --port N --shards N`. Anything else
  /// throws std::invalid_argument.
  static AppConfig from_arguments(int argc, char** argv, std::uint16_t port = 3000);
};

/// A whole program around one Socket.IO server: shards, HTTP server and signals. For small servers
/// and examples; a larger program puts the parts together itself.
class App {
 public:
  /// Blocks SIGINT and SIGTERM in this thread and those it starts from now on: `run` waits for
  /// them.
  explicit App(AppConfig config = {});
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  Server& io();
  Namespace& of(const std::string& nsp);
  net::Shards& shards();
  /// For what shall be served beside Socket.IO.
  http::Router& router();

  /// Listens, prints `listening on port N`, serves until SIGINT or SIGTERM, closes the clients'
  /// connections. Throws std::system_error when it cannot listen. Gives main's exit code.
  int run();
  /// Where it listens: for handlers, which run behind that.
  std::uint16_t port() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace parley::socketio
