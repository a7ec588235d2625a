#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ops/log.hpp"

namespace parley::ops::detail {

/// ` key=value …` appended to `level message`.
std::string text_line(Level level, std::string_view message, std::span<const Field> fields);

/// `"level":…,"message":…,"key":value …`: the members of a JSON object without its braces.
std::string json_members(Level level, std::string_view message, std::span<const Field> fields);

}  // namespace parley::ops::detail
