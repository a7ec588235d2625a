#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engineio/message.hpp"
#include "http/message.hpp"
#include "net/shard.hpp"

namespace parley::engineio {

/// Why a session ended; to_string gives the upstream's words ("transport close", "ping timeout",
/// …).
enum class CloseReason {
  transport_close,
  transport_error,
  ping_timeout,
  parse_error,
  forced_close,     ///< The layer above closed it.
  server_shutdown,  ///< Server::close_all.
  slow_consumer,    ///< Too much was queued for a peer that does not read; upstream has no word.
};
std::string_view to_string(CloseReason reason);

enum class TransportName { polling, websocket };
std::string_view to_string(TransportName name);

/// What is known of the handshake request, kept for the session's life.
struct Handshake {
  http::Headers headers;  ///< See Config::keep_headers.
  std::string address;    ///< The client's.
  std::string url;        ///< The request's target.
  Time issued;
  bool secure = false;
  bool cross_domain = false;  ///< An Origin header was there.

  /// Everything, EIO, transport, t and sid included. Read anew from `url`: kept, it would take
  /// twenty times the room.
  http::Query query() const { return http::query_of(url); }
};

/// A client's session, over whichever transport it has now. Lives on one shard, owned by the
/// server's registry; a SessionHandler may use it until on_close. Abstract so that the layer above
/// is tested without a network (engineio/testing.hpp).
class Session {
 public:
  virtual ~Session() = default;

  /// 20 characters; its first ones name the owner shard; a secret.
  virtual const std::string& id() const = 0;
  virtual const Handshake& handshake() const = 0;
  virtual TransportName transport() const = 0;
  virtual net::Shard& shard() = 0;

  /// Whether the client may send packets of Config::max_payload, and stays when the server is full.
  /// It is a stranger at first, who may send no more than Config::max_early_payload, and goes when
  /// a newcomer finds no room.
  virtual void set_trusted(bool trusted) = 0;

  /// Queues one packet.
  virtual void send(const Message& message) = 0;
  /// Queues packets that are not shared: their bytes are copied.
  virtual void send(const TextFrames& texts) = 0;
  /// Queues several packets that stay together (a binary event and its attachments), across an
  /// upgrade too.
  virtual void send(std::span<const Message> messages) = 0;

  /// True when a packet would leave now: nothing is waiting, and polling has an open GET. For
  /// volatile events.
  virtual bool is_writable() const = 0;
  /// Bytes that are queued and not yet taken by the kernel.
  virtual std::size_t queued_bytes() const = 0;

  /// Flushes what is queued, then closes; on_close(reason) follows before this returns.
  virtual void close(CloseReason reason = CloseReason::forced_close) = 0;
  virtual bool is_open() const = 0;
};

/// The layer above, one per session. All calls come on the session's shard.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;
  /// The text of a `message` packet, valid UTF-8, without the `4`. Borrowed for the call.
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary(std::string_view bytes) = 0;
  /// Everything sent so far has been handed to the kernel (WebSocket) or has left in an answer
  /// (polling).
  virtual void on_drain() {}
  /// Once, last; the session is still readable during the call. The handler is destroyed
  /// afterwards.
  virtual void on_close(CloseReason reason) = 0;
};

}  // namespace parley::engineio
