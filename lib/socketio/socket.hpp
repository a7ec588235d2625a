#pragma once

#include <any>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/session.hpp"
#include "socketio/broadcast.hpp"
#include "socketio/decoder.hpp"
#include "socketio/event.hpp"
#include "socketio/rooms.hpp"

namespace parley::socketio {

class Client;
class LocalAdapter;
class Namespace;
class Recovery;
struct ConnectError;
struct Restored;

/// In upstream's words: "transport close", "client namespace disconnect", "server shutting down", …
using DisconnectReason = std::string_view;

struct Handshake {
  json::object auth;  ///< The CONNECT payload, {} when there was none or it was forgotten.
  /// Lives as long as the session; null after the socket's end.
  const engineio::Handshake* engine;

  /// headers, query, auth, address, url, time, issued, secure, xdomain, as other servers of a
  /// cluster read it.
  json::object to_json() const;
};

/// A client in one namespace. Lives on its session's shard; every call is made there. Held by
/// shared_ptr so that a coroutine may outlast it: after the end, emits do nothing. Handlers that
/// throw are reported (net::set_escape_reporter) and change nothing else.
class Socket final : public std::enable_shared_from_this<Socket>, private Member {
 public:
  using EventHandler = std::function<void(Event&)>;
  using AckHandler = std::function<void(Result<Payload>)>;  ///< Errors: timeout, closed.

  /// Made by Client when a CONNECT comes; all of `client` outlives the socket's being connected.
  Socket(Client& client, engineio::Session& session, LocalAdapter& local, json::object auth);
  ~Socket();

  /// 20 characters, not the engine's id.
  const std::string& id() const { return id_; }
  const Handshake& handshake() const { return handshake_; }
  /// For who has seen what is in it: its size is the client's choice, and it may hold a secret.
  void forget_auth() { handshake_.auth = json::object{}; }
  bool is_connected() const { return state_ == State::connected; }
  /// True when this socket was restored by connection state recovery.
  bool is_recovered() const { return recovered_; }
  engineio::Session& session() { return *session_; }  ///< Only while connected.
  net::Shard& shard();
  Namespace& nsp() const;

  /// The application's own data. Kept, and moved to another shard, by connection state recovery.
  std::any data;

  /// What other servers see of this socket (SocketInfo::data). Costs memory from the first call on;
  /// not restored by connection state recovery.
  void show(json::object what);
  json::object shown() const;

  /// A handler of this socket alone; handlers of the whole namespace (Namespace::on) cost no memory
  /// per socket.
  void on(std::string_view event, EventHandler handler);
  void on_disconnect(std::function<void(DisconnectReason)> handler);
  /// Each time that everything sent to this client so far has left the process.
  void on_drain(std::function<void()> handler);

  void emit(std::string_view event, const Payload& args = {});
  /// Without an offset even when recovery is on: not stored.
  void emit(const EncodedEvent& event);
  /// The same of what an EventWriter gives, for this client alone.
  void emit(const engineio::TextFrames& events);
  /// Dropped when it cannot leave now.
  void emit_volatile(std::string_view event, const Payload& args = {});
  /// The error's detail on time-out is upstream's: "operation has timed out".
  void emit_with_ack(std::string_view event, const Payload& args, std::chrono::milliseconds timeout,
                     AckHandler handler);

  /// Answers an event (Event::ack_id) with one argument, a JSON text, and without attachments.
  void answer(std::uint64_t ack_id, std::string_view argument);

  void join(std::string room);
  void leave(std::string_view room);
  /// Sorted, its own id included.
  std::vector<std::string> rooms() const;
  /// Everybody in `room` but this socket.
  Broadcast to(std::string room);
  /// Everybody in the namespace but this socket.
  Broadcast others();

  /// For the coroutine that connects it: its shard's log, and how it ended. No effect when the
  /// client is gone.
  const Recovery& recovery() const;
  void finish_connect(std::optional<ConnectError> error, std::optional<Restored> restored);

  /// Sends DISCONNECT: the client does not come back by itself. The connection stays.
  void disconnect();
  /// DISCONNECT in every namespace, then the end of the connection.
  void disconnect_client();
  /// Ends the connection without a packet: the client reconnects.
  void close_engine();

 private:
  friend class Ack;
  friend class Client;
  friend class LocalAdapter;
  struct PendingAck;
  struct Extras;
  enum class State : std::uint8_t { connecting, connected, ended };

  void send(std::span<const engineio::Message> messages);
  void send_ack(std::uint64_t id, const Payload& args);
  void dispatch(const std::shared_ptr<Socket>& self, Decoded& decoded);
  bool passes_filters(Event& event, const std::shared_ptr<Socket>& self);
  void on_ack(std::uint64_t id, Decoded& decoded);
  void drained(const std::shared_ptr<Socket>& self);
  void connected();
  void end(DisconnectReason reason);
  void tell_end(const std::shared_ptr<Socket>& self, DisconnectReason reason);
  std::unique_ptr<PendingAck> take_pending(std::uint64_t id);
  /// Connection state recovery: before connected().
  void restore(Restored& restored);
  const std::string& pid();
  Extras& extras();

  // What every event needs comes first.
  engineio::Session* session_;  ///< Null after the end.
  Client* client_;              ///< The same.
  LocalAdapter* local_;
  std::unique_ptr<Extras> extras_;  ///< What most sockets never need.
  std::uint32_t mark_ = 0;          ///< LocalAdapter's, while it selects.
  State state_ = State::connecting;
  bool recovered_ = false;
  bool in_own_room_ = true;  ///< The room of its id: implied, so that it costs nothing.
  std::string id_;
  Handshake handshake_;
};

}  // namespace parley::socketio
