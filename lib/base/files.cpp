#include "base/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.hpp"

namespace parley {

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

std::error_code make_folders(const std::filesystem::path& path) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return {};
  const std::filesystem::path parent = path.parent_path();
  if (const auto failed = make_folders(parent)) return failed;
  const bool is_new = std::filesystem::create_directory(path, error);
  if (is_new) static_cast<void>(sync_path(parent.empty() ? "." : parent));
  return error == std::errc::file_exists ? std::make_error_code(std::errc::not_a_directory) : error;
}

}  // namespace parley
