#pragma once

#include <cstdint>
#include <string_view>

namespace parley::websocket {

/// UTF-8 that comes in pieces, checked as it comes: a text message may be split anywhere, inside a
/// code point too. Finds an error at the first byte that cannot continue valid UTF-8. Source: RFC
/// 3629.
class Utf8Check {
 public:
  /// False once the text cannot be UTF-8 any more; then no further calls.
  bool feed(std::string_view bytes);
  /// True when no code point is left unfinished.
  bool is_complete() const { return missing_ == 0; }

 private:
  bool step(std::uint8_t byte);
  bool begin(std::uint8_t lead);

  std::uint8_t missing_ = 0;  ///< Continuation bytes that the current code point still needs.
  std::uint8_t low_ = 0x80;   ///< Range of the next of them.
  std::uint8_t high_ = 0xBF;
};

}  // namespace parley::websocket
