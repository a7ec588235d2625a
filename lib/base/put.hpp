#pragma once

#include "base/id.hpp"
#include "base/time.hpp"

/// What the hot path writes into memory that is there, without a string of its own.
namespace parley {

/// As to_hex: 24 bytes. Gives their end.
char* put_hex(char* to, const ObjectId& id);
/// As to_iso8601: 24 bytes. Gives their end.
char* put_iso8601(char* to, Time time);

}  // namespace parley
