#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engineio/packet.hpp"
#include "net/frame.hpp"

namespace parley::engineio {

/// The WebSocket frame of one text packet that few receivers get: each copies it. Borrowed.
struct TextFrame {
  std::string_view bytes;
  std::size_t head = 0;  ///< Bytes in front of the payload.

  /// `4…`
  std::string_view payload() const { return bytes.substr(head); }
};

/// Writes `message` packets one after the other, each where its frame will be: nothing is copied,
/// and nothing is allocated once the buffer has grown.
class TextWriter {
 public:
  /// Begins a packet; what is appended to the result follows its `4`. Valid UTF-8.
  std::string& begin();
  /// The packet. Borrowed until the next one begins.
  TextFrame end();

 private:
  std::string buffer_;  ///< Room for the longest head, `4`, and what follows.
};

/// One Engine.IO `message` packet, encoded once for every transport and shared by all its
/// receivers: the bytes of its unmasked WebSocket frame, of which a polling payload takes the part
/// behind the frame head. Source: Engine.IO protocol v4, "Packet encoding".
class Message {
 public:
  /// `4` and the text. The text is valid UTF-8.
  static Message text(std::string_view body);
  /// A copy.
  static Message of(const TextFrame& text);
  /// Raw bytes (`b` + base64 on polling).
  static Message binary(std::string_view bytes);
  /// Any other packet (open, ping, noop, …) in the same form; for this room's own use.
  static Message packet(PacketType type, std::string_view body = {});

  bool is_binary() const { return binary_; }
  /// The WebSocket frame.
  const net::Frame& frame() const { return frame_; }
  /// The frame's payload: `4…` or the raw bytes. Borrows from the frame.
  std::string_view payload() const { return std::string_view{*frame_}.substr(head_); }

 private:
  Message(std::string frame, std::size_t head, bool binary);

  net::Frame frame_;
  std::uint8_t head_ = 0;
  bool binary_ = false;
};

}  // namespace parley::engineio
