#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "engineio/server.hpp"
#include "socketio/socket.hpp"

namespace parley::socketio {

using namespace std::chrono_literals;

struct RecoveryConfig {
  bool enabled = false;                                       ///< Connection state recovery; adds an offset argument to events.
  std::chrono::milliseconds max_disconnection_duration = 120s;
  bool skip_middlewares = true;
  std::size_t max_packets = 10'000;                           ///< Kept per namespace and shard.
};

struct Config {
  engineio::Config engine;                        ///< `engine.path` defaults to /socket.io/ here.
  std::chrono::milliseconds connect_timeout = 45s;  ///< No namespace joined by then: the connection is closed.
  std::size_t max_namespaces = 16;                ///< Joined by one connection.
  std::size_t max_attachments = 10;
  RecoveryConfig recovery;
};

/// Why a client may not join: becomes CONNECT_ERROR {message, data?}.
struct ConnectError {
  std::string message;
  std::optional<json::value> data;
};

/// Selects receivers, then emits: `nsp.to("a").to("b").except("c").emit(…)`. A value; any shard.
class Broadcast {
 public:
  Broadcast to(std::string room) const;
  Broadcast except(std::string room) const;
  Broadcast local() const;      ///< This process only.
  Broadcast volatile_() const;  ///< Dropped for clients that cannot take it now.
  void emit(std::string_view event, const Payload& args = {}) const;
  /// One first argument from every client, or what came until `timeout`.
  // Task<…> emit_with_ack(event, args, timeout)
  void join(std::string room) const;
  void leave(std::string room) const;
  void disconnect(bool close_engine) const;
};

/// A namespace: what is set up before the server starts, and the way in to its sockets. Handlers run on the
/// shard of the socket; what they share is the application's business.
class Namespace {
 public:
  using Middleware = std::function<Task<std::optional<ConnectError>>(std::shared_ptr<Socket>)>;

  const std::string& name() const;
  /// In order, before the socket joins. Only before the server starts, as all of these.
  Namespace& use(Middleware middleware);
  Namespace& on_connection(std::function<void(const std::shared_ptr<Socket>&)> handler);
  Namespace& on(std::string event, std::function<void(const std::shared_ptr<Socket>&, Event&)> handler);

  Broadcast to(std::string room) const;
  Broadcast everyone() const;
};

/// The Socket.IO v5 server on a set of shards.
class Server final : private engineio::Application {
 public:
  Server(net::Shards& shards, Config config);
  ~Server();

  /// Made on first use; "/" exists always.
  Namespace& of(std::string name);

  std::shared_ptr<http::Endpoint> endpoint();
  engineio::Server& engine();

  /// Every client's connection is closed within `jitter`, so that they come back elsewhere. Any thread.
  void close(std::chrono::milliseconds jitter = 0ms);
};

}  // namespace parley::socketio
