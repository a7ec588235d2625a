#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace parley::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

struct Limits {
  /// Nested arrays and objects; deeper is refused, never recursed into.
  std::size_t max_depth = 32;
};

/// Strict JSON (RFC 8259), valid UTF-8 only. Errors: bad_request with the byte where it went wrong.
Result<value> parse(std::string_view text, Limits limits = {});

std::string serialize(const value& value);

/// Appends `text` as a JSON string with its quotes. `text` is valid UTF-8.
void append_string(std::string& out, std::string_view text);

/// Bytes in front of the first one that cannot stand in a JSON string as it is: a control
/// character, a quote or a backslash.
std::size_t plain_prefix(std::string_view text);

/// The member's string; nullopt when it is absent or no string. Borrows from `object`.
std::optional<std::string_view> string_member(const object& object, std::string_view key);

}  // namespace parley::json
