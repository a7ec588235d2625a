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

/// nullopt unless `hex` is lower-case digits alone, an even number of them.
std::optional<std::string> from_hex(std::string_view hex);

/// As many bytes that nobody can guess, two digits each. Throws std::runtime_error when the system
/// has none.
std::string random_hex(std::size_t bytes);

}  // namespace parley
