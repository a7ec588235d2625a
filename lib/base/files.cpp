#include "base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.hpp"

namespace parley {

namespace fs = std::filesystem;

namespace {

/// Whether it is new or there already.
std::error_code make_folder(const fs::path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) {
    const auto failed = last_system_error();
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return {};
    return failed == std::errc::file_exists ? std::make_error_code(std::errc::not_a_directory)
                                            : failed;
  }
  const fs::path parent = path.parent_path();
  static_cast<void>(sync_path(parent.empty() ? "." : parent));
  return {};
}

}  // namespace

std::error_code last_system_error() { return {errno, std::generic_category()}; }

std::error_code write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(descriptor, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return last_system_error();
    if (size == 0) return std::make_error_code(std::errc::io_error);
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

std::error_code sync_path(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file || ::fsync(file.get()) != 0) return last_system_error();
  return {};
}

std::error_code make_folders(const fs::path& path) {
  std::error_code ignored;
  if (path.empty() || fs::is_directory(path, ignored)) return {};
  if (const auto failed = make_folders(path.parent_path())) return failed;
  return make_folder(path, 0777);
}

std::error_code make_private_folder(const fs::path& path) {
  // What ends with a slash has no file name.
  const fs::path folder = path.has_filename() ? path : path.parent_path();
  if (const auto failed = make_folders(folder.parent_path())) return failed;
  return make_folder(folder, 0700);
}

}  // namespace parley
