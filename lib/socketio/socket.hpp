#pragma once

#include <any>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "engineio/session.hpp"
#include "socketio/event.hpp"

namespace parley::socketio {

class Broadcast;
class NamespaceShard;

/// upstream words: "transport close", "client namespace disconnect", "server shutting down", …
using DisconnectReason = std::string_view;

struct Handshake {
  json::object auth;                       ///< The CONNECT payload, {} when there was none.
  const engineio::Handshake* engine;       ///< Lives as long as the session.
};

/// A client in one namespace. Lives on its session's shard; every call is made there. Held by shared_ptr so
/// that a coroutine may outlast it: after the end, emits do nothing.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  using EventHandler = std::function<void(Event&)>;
  using AckHandler = std::function<void(Result<Payload>)>;  ///< Errors: timeout, closed.

  /// 20 characters, not the engine's id.
  const std::string& id() const;
  const Handshake& handshake() const;
  bool is_connected() const;
  /// True when this socket was restored by connection state recovery.
  bool is_recovered() const;
  engineio::Session& session();   ///< Only while connected.
  net::Shard& shard();

  /// The application's own data.
  std::any data;

  /// A handler of this socket alone; handlers of the whole namespace (Namespace::on) cost no memory per socket.
  void on(std::string_view event, EventHandler handler);
  void on_disconnect(std::function<void(DisconnectReason)> handler);
  /// Everything sent to this client so far has left the process.
  void on_drain(std::function<void()> handler);

  void emit(std::string_view event, const Payload& args = {});
  void emit(const EncodedEvent& event);
  /// Dropped when it cannot leave now.
  void emit_volatile(std::string_view event, const Payload& args = {});
  void emit_with_ack(std::string_view event, const Payload& args, std::chrono::milliseconds timeout, AckHandler handler);

  void join(std::string room);
  void leave(std::string_view room);
  const std::set<std::string, std::less<>>& rooms() const;
  /// Everybody in `room` but this socket.
  Broadcast to(std::string room);

  /// Sends DISCONNECT (the client does not come back by itself); `close_engine` ends the connection under it too
  /// — without a packet when `close_engine_only` (the client reconnects).
  void disconnect();
  void close_engine();
};

}  // namespace parley::socketio
