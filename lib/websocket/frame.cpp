#include "websocket/frame.hpp"

#include <bit>
#include <cstring>
#include <utility>

namespace parley::websocket {
namespace {

bool is_known(std::uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

/// Bytes of the length field behind the first two bytes.
std::size_t extended_length_size(std::uint8_t short_length) {
  return short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
}

}  // namespace

bool is_close_code(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

void write_head(char* to, Opcode opcode, std::size_t payload_size, FrameFlags flags) {
  const int first =
      static_cast<int>(opcode) | (flags.fin ? 0x80 : 0) | (flags.compressed ? 0x40 : 0);
  const auto low_byte = [](std::size_t number) { return static_cast<char>(number & 0xFF); };
  to[0] = static_cast<char>(first);
  switch (head_size(payload_size)) {
    case 2:
      to[1] = low_byte(payload_size);
      break;
    case 4:
      to[1] = 126;
      to[2] = low_byte(payload_size >> 8);
      to[3] = low_byte(payload_size);
      break;
    default:
      to[1] = 127;
      for (int at = 9; at >= 2; --at, payload_size >>= 8) to[at] = low_byte(payload_size);
  }
}

void append_head(std::string& out, Opcode opcode, std::size_t payload_size, FrameFlags flags) {
  std::array<char, 10> head;
  write_head(head.data(), opcode, payload_size, flags);
  out.append(head.data(), head_size(payload_size));
}

std::string encode_frame(Opcode opcode, std::string_view payload, FrameFlags flags) {
  std::string frame;
  frame.reserve(head_size(payload.size()) + payload.size());
  append_head(frame, opcode, payload.size(), flags);
  frame.append(payload);
  return frame;
}

std::string encode_close(std::optional<CloseCode> code, std::string_view reason) {
  std::string payload;
  if (code) {
    const auto number = static_cast<std::uint16_t>(*code);
    payload.push_back(static_cast<char>(number >> 8));
    payload.push_back(static_cast<char>(number & 0xFF));
    payload.append(reason.substr(0, max_control_payload - 2));
  }
  return encode_frame(Opcode::close, payload);
}

HeadState read_head(std::string_view bytes, Head& head) {
  if (bytes.size() < 2) return HeadState::incomplete;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  const std::uint8_t opcode = first & 0x0F;
  const std::uint8_t short_length = second & 0x7F;
  if (!is_known(opcode) || (first & 0x30) != 0) return HeadState::malformed;
  head.opcode = Opcode{opcode};
  head.fin = (first & 0x80) != 0;
  head.compressed = (first & 0x40) != 0;
  head.masked = (second & 0x80) != 0;
  if (is_control(head.opcode) && (!head.fin || short_length > max_control_payload))
    return HeadState::malformed;

  const std::size_t extended = extended_length_size(short_length);
  head.size = static_cast<std::uint8_t>(2 + extended + (head.masked ? 4 : 0));
  if (bytes.size() >= 3 && extended == 8 && (bytes[2] & 0x80) != 0) return HeadState::malformed;
  if (bytes.size() < head.size) return HeadState::incomplete;
  head.length = extended == 0 ? short_length : read_big_endian(bytes.substr(2, extended));
  if (head.masked) std::memcpy(head.mask.data(), bytes.data() + 2 + extended, 4);
  return HeadState::complete;
}

std::string_view take_frame(std::string_view& frames) {
  Head head;
  if (read_head(frames, head) != HeadState::complete) return std::exchange(frames, {});
  const auto frame = frames.substr(0, head.size + static_cast<std::size_t>(head.length));
  frames.remove_prefix(frame.size());
  return frame;
}

void unmask(std::span<char> bytes, std::array<char, 4> mask, std::uint64_t offset) {
  std::array<char, 8> pattern;
  for (std::size_t i = 0; i < 8; ++i) pattern[i] = mask[(offset + i) & 3];
  const auto word_mask = std::bit_cast<std::uint64_t>(pattern);
  char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= word_mask;
    std::memcpy(at, &word, 8);
  }
  for (std::size_t i = 0; i < left; ++i) at[i] = static_cast<char>(at[i] ^ pattern[i]);
}

}  // namespace parley::websocket
