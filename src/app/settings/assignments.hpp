#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace parley::app {

/// One line `key = value` of a file.
struct Assignment {
  std::string key;
  std::string value;
  std::size_t line = 0;  ///< From 1.
};

/// Reads the form that the config file and `.env` share: a line is empty, a comment (`#` first), or
/// `key = value`, where `export ` may stand before the key. A value is bare (blanks at its ends and
/// a comment after ` #` are dropped), in single quotes (taken as it is), or in double quotes (`\n`,
/// `\t`, `\"` and `\\` are read). It is a subset of TOML and of what dotenv takes.
///
/// Ours, because CLI11's reader cuts a quoted value at `#` and takes a line without `=` for `true`:
/// it would shorten a secret without a word.
///
/// Errors: bad_request that names the line, for anything else and for a key given twice.
Result<std::vector<Assignment>> read_assignments(std::string_view text);

}  // namespace parley::app
