#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engineio/server.hpp"
#include "socketio/config.hpp"
#include "socketio/namespace.hpp"

namespace parley::socketio {

/// The Socket.IO v5 server on a set of shards. Set up by one thread before the shards get their
/// first connection; outlives their running.
///
/// ```cpp
/// socketio::Server io{shards, {}};
/// io.of("/").on("hello", [](const auto& socket, socketio::Event& event) {
///   socket->emit("hello", event.payload());
/// });
/// router.mount(io.engine().config().path, io.endpoint());
/// ```
class Server final {
 public:
  Server(net::Shards& shards, Config config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Made on first use; "/" exists always. Before the server starts.
  Namespace& of(const std::string& name);

  /// Accepts names that are not known beforehand: each that `accepts` says yes to becomes a
  /// namespace with the returned one's middlewares and handlers, for good, up to
  /// Config::max_dynamic_namespaces. Asked in the order of these calls, on the shard of the client.
  /// Before the server starts.
  using Matcher = std::function<bool(std::string_view name, const json::object& auth)>;
  Namespace& dynamic(Matcher accepts);
  /// A namespace that exists; nullptr else. Any thread.
  Namespace* find(std::string_view name);

  std::shared_ptr<http::Endpoint> endpoint();
  engineio::Server& engine();
  /// What the engine asks for each new session; for tests that play the engine.
  engineio::Application& application();
  const Config& config() const;

  /// Every client's connection is closed within `jitter`, so that they come back elsewhere. Any
  /// thread.
  void close(std::chrono::milliseconds jitter = 0ms);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::socketio
