#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "store/embedded/config.hpp"

namespace parley::store::embedded {

/// What a restore does with a store that is in the way.
enum class Existing { refuse, replace };

/// Copies a stopped store: `data`/db to `target`/db. A running one copies itself:
/// Database::checkpoint. Errors: not_found (no store there), conflict (a server has it open, or
/// `target` exists), unavailable.
Result<Done> backup_stopped(const std::filesystem::path& data, const std::filesystem::path& target);

/// Puts a backup in the place of `data`/db, all or nothing. Errors: not_found, corrupt or
/// not_supported when the backup is none that this program reads; conflict when there is a store
/// already (unless `replace`) or a server has it open.
Result<Done> restore(const std::filesystem::path& backup, const std::filesystem::path& data,
                     Existing existing);

}  // namespace parley::store::embedded
