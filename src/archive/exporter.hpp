#pragma once

#include <chrono>
#include <filesystem>

#include "archive/lines.hpp"
#include "archive/progress.hpp"

namespace parley::archive {

struct ExportOptions {
  std::filesystem::path file;  ///< `-`: standard output, in one go.
  ObjectId id{};               ///< Of a new archive.
  Time now;
  /// How much work a stop may cost: the file and the place in it are made durable this often.
  std::chrono::milliseconds checkpoint_interval{2'000};
};

struct Exported {
  chat::ArchiveTotals totals;
  bool was_resumed = false;  ///< An earlier export was continued.
};

/// Writes all of `source` to `options.file`, which has that name when it is complete; before, it is
/// FILE.part, and FILE.part.position says how far it is. Called again after a stop, it goes on
/// there, if nothing was written to the store meanwhile. Errors: those of the source, corrupt (its
/// records break the rules), unavailable (the file), conflict (FILE is there, or another export
/// writes FILE.part).
Result<Exported> export_archive(chat::ArchiveSource& source, const ExportOptions& options,
                                const Observer& observer);

}  // namespace parley::archive
