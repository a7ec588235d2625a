#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace parley {

/// What errno says of the system call that failed.
std::error_code last_system_error();

/// Writes all of `bytes` to a file or pipe, however many system calls that takes.
std::error_code write_all(int descriptor, std::string_view bytes);

/// Returns when the disk has what was written to the file, or the names that are in the folder.
std::error_code sync_path(const std::filesystem::path& path);

/// Makes the folder, and those that it is in, where they are missing; returns when the disk has
/// their names, unless it may not read where they are.
std::error_code make_folders(const std::filesystem::path& path);
/// The same; the last one, if it is new, is for its owner alone.
std::error_code make_private_folder(const std::filesystem::path& path);

}  // namespace parley
