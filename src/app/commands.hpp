#pragma once

#include <filesystem>

#include "settings/settings.hpp"

namespace parley::app {

/// Makes `folder` and puts a consistent copy of the data there; a server may be running. Exit code.
int backup(const Settings& settings, const std::filesystem::path& folder);

/// Puts the backup in `folder` in the place of the data; refused while a server runs. Exit code.
int restore(const Settings& settings, const std::filesystem::path& folder);

/// Reads the whole store and checks it against its own rules; says what it found. Exit code.
int verify_store(const Settings& settings);

}  // namespace parley::app
