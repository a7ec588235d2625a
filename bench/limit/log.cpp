#include "log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace parley::limit {

namespace {
[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}
}  // namespace

Log::Log(const std::string& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (!file_) throw_errno("open the log");
}

void Log::append(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  waiting_.append(reinterpret_cast<const char*>(&size), sizeof size);
  waiting_.append(bytes);
}

void Log::sync() {
  std::string_view left = waiting_;
  while (!left.empty()) {
    const ssize_t written = ::write(file_.get(), left.data(), left.size());
    if (written < 0) throw_errno("write the log");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fdatasync(file_.get()) != 0) throw_errno("fdatasync the log");
  waiting_.clear();
}

}  // namespace parley::limit
