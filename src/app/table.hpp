#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace parley::app {

// How commands show what they found, to people at a terminal.

using Row = std::vector<std::string>;
/// In columns; at least one row, all of the same length.
void print_table(std::ostream& out, const std::vector<Row>& rows);

/// A member as text: a string as it is, anything else as JSON; empty when there is none.
std::string text_of(const json::object& object, std::string_view key);
/// `2026-11-24 12:00:00` of an ISO time.
std::string clock_of(std::string time);
/// `text` on one line, for a terminal: what others wrote must not move the cursor. Cut at `limit`
/// characters.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace parley::app
