#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace parley::store::embedded {

/// Copies a stopped store: `data`/db to `target`/db. A running one copies itself:
/// Database::checkpoint. Errors: not_found (no store there), conflict (a server has it open, or
/// `target` exists), unavailable.
Result<Done> backup_stopped(const std::filesystem::path& data, const std::filesystem::path& target);

/// Puts a backup where `data`/db is not yet, all or nothing: a store is not opened where a restore
/// was interrupted, until one has ended. Errors: not_found, corrupt or not_supported when the
/// backup is none that this program reads; conflict when there is a store already, or a server has
/// the backup open.
Result<Done> restore(const std::filesystem::path& backup, const std::filesystem::path& data);

}  // namespace parley::store::embedded
