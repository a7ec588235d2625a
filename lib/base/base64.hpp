#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// Source: RFC 4648, section 4, with padding.
std::string to_base64(std::string_view bytes);
void append_base64(std::string& out, std::string_view bytes);
/// nullopt for anything that to_base64 does not write, but for the unused bits of the last digit.
std::optional<std::string> from_base64(std::string_view text);

/// For URLs and tokens. Source: RFC 4648, section 5, without padding.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace parley
