#pragma once

#include <string>
#include <vector>

#include "archive/checklist.hpp"
#include "archive/progress.hpp"

namespace parley::archive {

struct Comparison {
  std::uint64_t checked = 0;     ///< Accounts, logins and conversations of the archive.
  std::uint64_t mismatches = 0;  ///< Of those.
  /// One sentence for each of the first, at most `max_named`.
  std::vector<std::string> named;

  static constexpr std::size_t max_named = 100;
};

/// Reads all of `store` and compares. What is in the store and not in the archive does not count;
/// nor does a login that has expired by `now`, and is gone.
Result<Comparison> compare(Checklist& archive, chat::ArchiveSource& store, Time now,
                           const Observer& observer);

}  // namespace parley::archive
