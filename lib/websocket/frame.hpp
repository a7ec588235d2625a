#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/frame.hpp"

namespace parley::websocket {

/// Source: RFC 6455, section 5.2.
enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

inline bool is_control(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }

/// Status codes of a close frame. Source: RFC 6455, section 7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  invalid_data = 1007,  ///< Text that is no UTF-8, or data that does not inflate.
  policy = 1008,
  too_big = 1009,
  internal = 1011,
};

/// True for codes that may stand in a close frame.
bool is_close_code(std::uint16_t code);

/// Payload bytes that a control frame may hold.
inline constexpr std::size_t max_control_payload = 125;
/// Bytes of the longest head: two, eight of length, four of mask.
inline constexpr std::size_t max_head = 14;

/// Bytes of an unmasked frame's head in front of `payload_size` bytes: 2, 4 or 10.
constexpr std::size_t head_size(std::size_t payload_size) {
  return payload_size <= 125 ? 2 : payload_size <= 0xFFFF ? 4 : 10;
}

/// What an encoder may say beyond opcode and payload.
struct FrameFlags {
  bool fin = true;
  bool compressed = false;  ///< RSV1: RFC 7692.
};

/// The first of whole frames that stand one behind the other; it is taken off them.
std::string_view take_frame(std::string_view& frames);

/// Writes the head of an unmasked frame, head_size(payload_size) bytes.
void write_head(char* to, Opcode opcode, std::size_t payload_size, FrameFlags flags = {});
/// The same, behind `out`.
void append_head(std::string& out, Opcode opcode, std::size_t payload_size, FrameFlags flags = {});

/// A whole unmasked frame, as a server sends it.
std::string encode_frame(Opcode opcode, std::string_view payload, FrameFlags flags = {});
/// A close frame; without a code its payload is empty and the peer sees 1005. `reason` is cut to
/// 123 bytes.
std::string encode_close(std::optional<CloseCode> code, std::string_view reason = {});

/// A frame's head as it was read.
struct Head {
  Opcode opcode = Opcode::continuation;
  bool fin = true;
  bool compressed = false;
  bool masked = false;
  std::uint8_t size = 0;  ///< Bytes of the head itself.
  std::array<char, 4> mask{};
  std::uint64_t length = 0;  ///< Of the payload; not trusted until checked against a limit.
};

enum class HeadState { complete, incomplete, malformed };
/// Reads a head from the beginning of `bytes`. `malformed`: an unknown opcode, RSV2 or RSV3, a
/// length with its top bit set, a control frame that is fragmented or too long. A length that is
/// not minimal is taken, as Node's ws does.
HeadState read_head(std::string_view bytes, Head& head);

/// Applies `mask` to `bytes`, which begin `offset` bytes into the payload. Source: RFC 6455,
/// section 5.3.
void unmask(std::span<char> bytes, std::array<char, 4> mask, std::uint64_t offset = 0);

}  // namespace parley::websocket
