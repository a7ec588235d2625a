#pragma once

#include <algorithm>
#include <cstdint>

#include "settings/settings.hpp"

namespace parley::app {

/// Open files that are no connections: the store's tables (it keeps 512 open at most) and logs, and
/// what else a server has.
inline constexpr std::uint64_t other_files = 700;

/// Most servers want more.
inline constexpr std::uint64_t few_open_files = 65'536;

/// Whether somebody must know: who set no MAX_CONNECTIONS wants no certain number.
inline bool is_worth_a_warning(std::uint64_t open_files, std::size_t wanted) {
  return open_files < few_open_files && wanted != Settings{}.limits.max_connections;
}

/// How many connections a server takes that wants `wanted` and may have `open_files`: a store that
/// cannot open a file for want of descriptors does not write again before the next start, so they
/// are not all for whoever connects. Where there are few, it is half and half.
inline std::size_t connections_within(std::uint64_t open_files, std::size_t wanted) {
  const std::uint64_t kept = std::min(other_files, open_files / 2);
  return std::min<std::uint64_t>(wanted, open_files - kept);
}

}  // namespace parley::app
