#pragma once

#include <memory>

#include "chat/ports/archive.hpp"
#include "store/embedded/config.hpp"

/// Everything of this store into an archive and back. Both hold the store: while one lives, no
/// server and no other one can open it. Source: docs/formats/embedded-store.md, "Archives".
namespace parley::store::embedded {

/// Reads one moment. Errors: not_found (no store there), and those of Engine::open.
Result<std::unique_ptr<chat::ArchiveSource>> open_archive_source(const Config& config);

/// Writes rows as the committer would have; the store obeys its rules after every batch, and is
/// made when there is none. Errors: those of Engine::open.
Result<std::unique_ptr<chat::ArchiveSink>> open_archive_sink(const Config& config);

}  // namespace parley::store::embedded
