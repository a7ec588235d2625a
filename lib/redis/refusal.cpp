#include "redis/refusal.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace parley::redis {

namespace {

constexpr std::array<std::string_view, 4> of_writes{"OOM", "NOREPLICAS", "MISCONF", "READONLY"};
constexpr std::array<std::string_view, 5> of_everything{"LOADING", "BUSY", "MASTERDOWN",
                                                        "CLUSTERDOWN", "TRYAGAIN"};

/// Redis 6: `ERR Error running script (call to f_0a9f…): @user_script:1: @user_script: 1: -OOM …`.
std::string_view kind_of(std::string_view error) {
  constexpr std::string_view in_script = "ERR Error running script ", before = ": -";
  if (error.starts_with(in_script)) {
    const auto at = error.find(before);
    if (at != std::string_view::npos) error.remove_prefix(at + before.size());
  }
  return error.substr(0, error.find(' '));
}

bool is_among(std::span<const std::string_view> kinds, std::string_view error) {
  return std::find(kinds.begin(), kinds.end(), kind_of(error)) != kinds.end();
}

}  // namespace

bool refuses_writes(std::string_view error) { return is_among(of_writes, error); }

bool cannot_serve(std::string_view error) {
  return refuses_writes(error) || is_among(of_everything, error);
}

std::string Refusal::text() const {
  return "refuses writes since " + to_iso8601(since) + ": " + reason;
}

}  // namespace parley::redis
