#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "websocket/parser.hpp"

namespace parley::limit {

/// A connection of the relay: HTTP until its handshake, then a WebSocket. What is queued leaves
/// with `flush`, in one send.
class Client final : private websocket::FrameSink {
 public:
  /// A text message (Engine.IO packet) of a client; borrowed for the call.
  using OnText = std::function<void(Client&, std::string_view)>;

  Client(Descriptor socket, const OnText& on_text)
      : socket_(std::move(socket)), on_text_(on_text) {}

  /// False: the connection is over.
  bool on_bytes(std::span<char> bytes);
  bool flush();

  int socket() const { return socket_.get(); }

  std::string out;     ///< Leaves with the next flush.
  std::string user;    ///< Empty until it has joined the namespace.
  bool dirty = false;  ///< Listed for the turn's end.

 private:
  bool on_http(std::string_view bytes);
  bool on_message(websocket::Opcode opcode, std::span<char> payload, bool compressed) override;
  bool on_ping(std::string_view payload) override;
  bool on_pong(std::string_view) override { return true; }
  void on_close_frame(std::optional<std::uint16_t>, std::string_view) override { open_ = false; }

  Descriptor socket_;
  const OnText& on_text_;
  websocket::FrameParser parser_;
  std::string request_;  ///< HTTP that is not complete.
  bool is_websocket_ = false;
  bool open_ = true;
};

}  // namespace parley::limit
