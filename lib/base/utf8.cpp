#include "base/utf8.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstring>

namespace parley {

bool is_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

std::size_t count_code_points(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  std::size_t continued = 0;  // bytes of the form 10xxxxxx
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    continued += ((word >> 7 & ~(word >> 6) & ones) * ones) >> 56;  // the sum of its bytes
  }
  for (; at < text.size(); ++at) continued += (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  return text.size() - continued;
}

}  // namespace parley
