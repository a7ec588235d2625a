#pragma once

#include <string>

#include "base/id.hpp"
#include "base/time.hpp"

/// What the hot path writes behind the text that a string holds, without a string of its own.
namespace parley {

/// As to_hex.
void append_hex(std::string& out, const ObjectId& id);
/// As to_iso8601.
void append_iso8601(std::string& out, Time time);

}  // namespace parley
