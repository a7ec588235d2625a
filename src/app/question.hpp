#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace parley::app {

// What commands ask the server by its control socket: see Control.

/// A member that is a string; empty when there is none.
inline std::string asked_text(const json::object& question, std::string_view key) {
  return std::string{json::string_member(question, key).value_or("")};
}

/// Whether a member is there, and true.
inline bool is_set(const json::object& question, std::string_view key) {
  const json::value* value = question.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace parley::app
