#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace parley::archive {

/// What a long command is at. Records: accounts, logins, conversations, messages.
struct Progress {
  std::string_view phase;   ///< `exporting`, `checking`, `importing`, `verifying`.
  std::uint64_t done = 0;   ///< Of the phase.
  std::uint64_t total = 0;  ///< 0: nobody knows.
};

/// Called often; cheap when there is nothing to say.
using Observer = std::function<void(const Progress&)>;

}  // namespace parley::archive
