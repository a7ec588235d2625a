#include "base/hex.hpp"

#include <vector>

#include "base/random_bytes.hpp"

namespace parley {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

template <class Bytes>
std::string encode(const Bytes& bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const auto byte : bytes) {
    hex += digits[static_cast<std::uint8_t>(byte) >> 4];
    hex += digits[static_cast<std::uint8_t>(byte) & 15];
  }
  return hex;
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) { return encode(bytes); }
std::string to_hex(std::string_view bytes) { return encode(bytes); }

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = digits.find(hex[i]), low = digits.find(hex[i + 1]);
    if (high == digits.npos || low == digits.npos) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> random(bytes);
  fill_random(random);
  return to_hex(random);
}

}  // namespace parley
