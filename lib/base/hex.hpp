#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parley {

/// Two lower-case digits a byte. For ids there is a faster one in id.hpp.
std::string to_hex(std::span<const std::uint8_t> bytes);
std::string to_hex(std::string_view bytes);

/// What a hex digit of either case stands for; -1 for any other character.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// nullopt unless `hex` is lower-case digits alone, an even number of them.
std::optional<std::string> from_hex(std::string_view hex);

/// As many bytes that nobody can guess, two digits each. Throws as fill_random.
std::string random_hex(std::size_t bytes);

}  // namespace parley
