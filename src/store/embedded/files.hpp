#pragma once

#include <filesystem>
#include <system_error>

#include "base/result.hpp"

namespace parley::store::embedded {

class Engine;

/// `target`/db becomes a copy of the open database. See Database::checkpoint.
Result<Done> make_checkpoint(Engine& engine, const std::filesystem::path& target);

/// What a restore fills, to become the database in `directory` when it is complete.
std::filesystem::path being_restored(const std::filesystem::path& directory);

/// Makes what was written to a directory's entries, or to a file, durable.
Result<Done> sync_path(const std::filesystem::path& path);

}  // namespace parley::store::embedded
