#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// What people see and what is stored: UTC, milliseconds since 1970.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
/// Deadlines and intervals.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The wall clock; only the shell of a room calls it, everything inside gets `now`.
Time wall_now();

inline std::int64_t to_unix_ms(Time time) { return time.time_since_epoch().count(); }
inline Time from_unix_ms(std::int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }

/// `2026-01-31T12:00:00.000Z`, 24 characters. Beyond the years 0000 to 9999: the nearest within.
std::string to_iso8601(Time time);
/// The same form back; nullopt for anything else.
std::optional<Time> from_iso8601(std::string_view text);

}  // namespace parley
