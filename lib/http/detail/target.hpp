#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace parley::http::detail {

/// `%41` → `A`. nullopt for a broken escape, and for one that gives a NUL.
std::optional<std::string> percent_decode(std::string_view text);

/// Fills target, path and query from a request line's target. Takes the origin form, the absolute
/// form of proxies (whose authority is dropped) and `*`. False for anything else. Source: RFC 9112
/// section 3.2.
bool parse_target(std::string_view target, Request& request);

/// As query_of, of what is behind the `?`.
Query parse_query(std::string_view text);

/// The path part of `target`, still escaped. Borrows.
std::string_view raw_path(std::string_view target);

}  // namespace parley::http::detail
