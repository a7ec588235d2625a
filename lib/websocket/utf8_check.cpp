#include "websocket/utf8_check.hpp"

#include <algorithm>
#include <cstddef>

#include "base/utf8.hpp"

namespace parley::websocket {
namespace {

/// Where the last code point of `bytes` begins if it may be unfinished; the size when it is ASCII.
std::size_t unfinished_tail(std::string_view bytes) {
  const std::size_t farthest = std::min<std::size_t>(bytes.size(), 3);
  for (std::size_t back = 1; back <= farthest; ++back) {
    const auto byte = static_cast<std::uint8_t>(bytes[bytes.size() - back]);
    if (byte >= 0xC0) return bytes.size() - back;
    if (byte < 0x80) break;
  }
  return bytes.size();
}

}  // namespace

bool Utf8Check::feed(std::string_view bytes) {
  while (missing_ > 0 && !bytes.empty()) {
    if (!step(static_cast<std::uint8_t>(bytes.front()))) return false;
    bytes.remove_prefix(1);
  }
  const std::size_t tail = unfinished_tail(bytes);
  if (!is_utf8(bytes.substr(0, tail))) return false;
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(tail), bytes.end(),
                     [this](char byte) { return step(static_cast<std::uint8_t>(byte)); });
}

bool Utf8Check::step(std::uint8_t byte) {
  if (missing_ == 0) return begin(byte);
  if (byte < low_ || byte > high_) return false;
  --missing_;
  low_ = 0x80;
  high_ = 0xBF;
  return true;
}

bool Utf8Check::begin(std::uint8_t lead) {
  if (lead < 0x80) return true;
  if (lead < 0xC2 || lead > 0xF4) return false;
  missing_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  // No overlong forms, no surrogates, nothing above U+10FFFF.
  if (lead == 0xE0) low_ = 0xA0;
  if (lead == 0xED) high_ = 0x9F;
  if (lead == 0xF0) low_ = 0x90;
  if (lead == 0xF4) high_ = 0x8F;
  return true;
}

}  // namespace parley::websocket
