#pragma once

#include <cstddef>
#include <string_view>

namespace parley {

/// Source: RFC 3629 (no surrogates, no overlong forms, nothing above U+10FFFF).
bool is_utf8(std::string_view bytes);

/// Code points of valid UTF-8.
std::size_t count_code_points(std::string_view text);

}  // namespace parley
