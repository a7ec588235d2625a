#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/packet.hpp"
#include "net/frame.hpp"

namespace parley::engineio {

/// One Engine.IO `message` packet, encoded once for every transport and shared by all its
/// receivers: the bytes of its unmasked WebSocket frame, of which a polling payload takes the part
/// behind the frame head. Source: Engine.IO protocol v4, "Packet encoding".
class Message {
 public:
  /// `4` and the text. The text is valid UTF-8.
  static Message text(std::string_view body);
  /// A copy of the frame of a text packet.
  static Message of(std::string_view frame);
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

/// The WebSocket frames of text packets, one behind the other, that few receivers get: each copies
/// them. Borrowed.
struct TextFrames {
  std::string_view bytes;
  std::size_t count = 0;

  /// All but the first.
  TextFrames rest() const;
  /// For who does not send the bytes as they are.
  std::vector<Message> messages() const;
};

/// Writes `message` packets one behind the other, each where its frame will be: nothing is copied,
/// and nothing is allocated once the buffer has grown.
class TextWriter {
 public:
  /// Room for a frame's head, and `4`.
  static constexpr std::string_view opening{"\0\0\0\0004", 5};

  /// Forgets all packets.
  void clear();
  /// Begins a packet; what is appended to the result follows. `beginning` begins with `opening`.
  /// Valid UTF-8.
  std::string& begin(std::string_view beginning = opening);
  void end();
  /// All packets. Borrowed until the next change.
  TextFrames frames() const { return {buffer_, count_}; }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  ///< Of the last packet.
  std::size_t count_ = 0;
};

}  // namespace parley::engineio
