#include "mail/text.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "base/hex.hpp"
#include "base/utf8.hpp"

namespace parley::mail {

namespace {

/// One code point of a text.
struct CodePoint {
  std::uint32_t value;
  std::string_view bytes;
};

/// Takes the first code point off `text`, which is not empty. What is not UTF-8 gives no bytes.
CodePoint next(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const std::string_view bytes = text.substr(0, size);
  if (!is_utf8(bytes)) {
    text.remove_prefix(1);
    return {0, {}};
  }
  text.remove_prefix(size);
  static constexpr unsigned masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t value = first & masks[size];
  for (const char c : bytes.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return {value, bytes};
}

bool is_control(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}
bool is_line_end(std::uint32_t c) {
  return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}
/// Marks that embed, override or isolate a direction, and that could make a text look like another.
bool turns_direction(std::uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}
bool is_space(std::uint32_t c) {
  return c == ' ' || c == '\t' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200A) ||
         is_line_end(c);
}

}  // namespace

bool has_controls(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = next(text);
    if (!c.bytes.empty() && is_control(c.value)) return true;
  }
  return false;
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t length = 0, before_last = 0;
  bool space = false;
  const auto append = [&](std::string_view bytes) {
    if (length + 1 == most) before_last = out.size();
    out += bytes;
    ++length;
  };
  while (!text.empty()) {
    const CodePoint c = next(text);
    if (c.bytes.empty()) continue;
    if (is_space(c.value)) {
      space = !out.empty();
      continue;
    }
    if (is_control(c.value) || turns_direction(c.value)) continue;
    if (length + (space ? 1 : 0) >= most) {
      if (most == 0) return {};
      if (length == most) out.resize(before_last);
      return out + "…";
    }
    if (std::exchange(space, false)) append(" ");
    append(c.bytes);
  }
  return out;
}

std::string beginning(std::string_view text, std::size_t most) {
  std::size_t length = 0, last = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (length++ == most) return std::string{text.substr(0, last)} + "…";
    last = at;
  }
  return std::string{text};
}

std::string clean_lines(std::string_view text) {
  std::string out;
  bool after_return = false;
  while (!text.empty()) {
    const CodePoint c = next(text);
    if (c.bytes.empty()) continue;
    const bool second_half = after_return && c.value == '\n';
    after_return = c.value == '\r';
    if (second_half) continue;
    if (is_line_end(c.value)) {
      out += '\n';
    } else if (c.value == '\t' || !is_control(c.value)) {
      out += c.bytes;
    }
  }
  return out;
}

std::string sha256_hex(std::string_view text, std::size_t bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_hex(std::span{digest}.first(bytes));
}

std::string in_words(std::chrono::seconds duration) {
  struct Unit {
    std::int64_t seconds;
    std::string_view name;
  };
  static constexpr Unit units[] = {{86'400, "day"}, {3'600, "hour"}, {60, "minute"}, {1, "second"}};
  const std::int64_t seconds = std::max<std::int64_t>(duration.count(), 1);
  for (const Unit& unit : units) {
    if (seconds % unit.seconds != 0) continue;
    const std::int64_t count = seconds / unit.seconds;
    return std::to_string(count) + " " + std::string{unit.name} + (count == 1 ? "" : "s");
  }
  return {};
}

}  // namespace parley::mail
