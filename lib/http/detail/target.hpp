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

/// `a=1&b=x%20y+z`; a broken escape is kept as it is (as Node does). At most 256 pairs, and
/// the first 1,000 are looked at; the rest is ignored.
Query parse_query(std::string_view text);

/// The path part of `target`, still escaped. Borrows.
std::string_view raw_path(std::string_view target);

}  // namespace parley::http::detail
