#pragma once

#include "archive/checklist.hpp"
#include "archive/input.hpp"
#include "archive/progress.hpp"

namespace parley::archive {

struct Imported {
  Header header;
  chat::ArchiveTotals totals;
  chat::Version newest = 0;
  std::uint64_t skipped = 0;  ///< Records that an earlier import had brought already.
};

/// Reads an archive to its end and changes nothing; its checks go to `checks`. Errors: corrupt,
/// not_supported, unavailable; the detail names the line.
Result<Imported> check_archive(Input& input, Checklist& checks, const Observer& observer);

/// Gives the sink everything, from where an earlier import of the same archive has stopped.
/// `total`: records, 0 when nobody knows. Errors: as above, and those of the sink.
Result<Imported> import_archive(Input& input, chat::ArchiveSink& sink, Checklist& checks,
                                std::uint64_t total, const Observer& observer);

}  // namespace parley::archive
