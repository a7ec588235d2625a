#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "websocket/frame.hpp"

namespace parley::load {

/// A server's WebSocket frames, split anywhere; whole ones are given without a copy, and only what
/// is unfinished is kept. No fragments, no compression: the servers that are measured send none.
class FrameReader {
 public:
  /// Called for each frame with bytes borrowed for the call; false stops the reading.
  using Sink = std::function<bool(websocket::Opcode, std::string_view payload)>;

  /// nullopt: all is well. Otherwise a sentence: what the server sent that cannot be read.
  std::optional<std::string> read(std::string_view bytes, const Sink& sink);
  bool is_idle() const { return rest_.empty(); }

 private:
  /// Reads whole frames from the front of `bytes`, and drops them from it.
  std::optional<std::string> read_whole(std::string_view& bytes, const Sink& sink, bool& stopped);

  std::string rest_;
};

/// Appends a masked frame, as clients send it.
void append_client_frame(std::string& out, websocket::Opcode opcode, std::string_view payload);

/// What a text message of Engine.IO with Socket.IO in it is.
enum class PacketKind {
  open,       ///< `0{…}`
  ping,       ///< `2`
  connected,  ///< `40{"sid":…}`
  refused,    ///< `44{"message":…}`
  event,      ///< `42["name",…]`
  ack,        ///< `43<id>[…]`
  closed,     ///< `1`, `41`: the server ends it.
  other
};

/// One packet; everything borrows from the text that was read.
struct Packet {
  PacketKind kind = PacketKind::other;
  std::uint64_t id = 0;  ///< Of an ack; of an event that wants one, with `wants_ack`.
  bool wants_ack = false;
  std::string_view name = {};     ///< Of an event.
  std::string_view payload = {};  ///< What follows the name, or the whole array of an ack.
};
Packet read_packet(std::string_view text);

/// The text between quotes that follows `"name":"`, up to the next quote, at its first place; for
/// values without escapes, such as ids. Empty when it is not there.
std::string_view text_field(std::string_view json, std::string_view quoted_name);

/// What a message's content says of it: whose run, which edge, which number, meant for when.
struct Mark {
  std::uint32_t run = 0;
  std::uint32_t edge = 0;
  std::uint32_t number = 0;
  std::int64_t intended = 0;  ///< Nanoseconds of the steady clock.

  friend bool operator==(const Mark&, const Mark&) = default;
};
/// The content of a message, `size` bytes at least as long as the mark needs (up to 46).
void append_content(std::string& out, const Mark& mark, std::size_t size);
/// nullopt for content that append_content has not made.
std::optional<Mark> read_mark(std::string_view content);

}  // namespace parley::load
