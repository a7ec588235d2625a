#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// How far a user's device has been told. Every change up to `version` was, and those of `recent`:
/// where several nodes write, one of them may still be writing a version below another's.
struct SyncCursor {
  static constexpr std::size_t max_recent = 128;

  SyncCursor(Version told = 0) : version(told) {}  // NOLINT: a version is a cursor
  SyncCursor(Version told, std::vector<Version> also) : version(told), recent(std::move(also)) {}

  Version version;
  std::vector<Version> recent;  ///< Ascending, all above `version`, at most max_recent.

  friend bool operator==(const SyncCursor&, const SyncCursor&) = default;
};

/// A SyncCursor as clients carry it: `v1.<version>`, or `v2.<version>.<gaps in base 36>` where
/// there are recent ones.
std::string to_cursor(const SyncCursor& cursor);
/// Bytes: a version, and of each recent one a separator and what it takes in base 36.
inline constexpr std::size_t longest_cursor = 3 + 20 + SyncCursor::max_recent * (1 + 13);
/// bad_request when it is not one of ours.
Result<SyncCursor> from_cursor(std::string_view text);

}  // namespace parley::chat
