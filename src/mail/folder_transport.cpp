#include "mail/folder_transport.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/descriptor.hpp"
#include "base/files.hpp"

namespace parley::mail {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view ending = ".eml";
constexpr std::string_view unfinished = ".part";
/// After so long nobody writes an unfinished file any more.
constexpr std::chrono::hours longest_write{1};

/// `20261123T180000.000Z`.
std::string stamp(Time now) {
  std::string text;
  for (const char c : to_iso8601(now)) {
    if (c != '-' && c != ':') text += c;
  }
  return text;
}

bool is_one_of_ours(const std::string& name) {
  constexpr std::size_t length = 20 + 1 + 8 + ending.size();
  return name.size() == length && name.ends_with(ending) && name[8] == 'T' && name[20] == '-';
}

}  // namespace

/// The folder. Any thread; several processes may share it, each with names of its own.
class FolderTransport::Shelf {
 public:
  Shelf(std::string folder, std::size_t max_files)
      : folder_(std::move(folder)), max_files_(max_files) {
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
      throw std::runtime_error("cannot make " + folder_ + ": " + last_system_error().message());
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (is_one_of_ours(name)) names_.insert(name);
      if (name.ends_with(unfinished)) remove_if_old(entry);
    }
  }

  Result<Done> put(const std::string& bytes, Time now) {
    const std::string name = new_name(now);
    const std::string path = path_of(name), part = path_of(name + std::string{unfinished});
    auto error = write(part, bytes);
    if (!error && ::rename(part.c_str(), path.c_str()) != 0) error = last_system_error();
    if (error) {
      ::unlink(part.c_str());
      return fail(Errc::unavailable, "a mail cannot be written: " + error.message());
    }
    if (const auto unsynced = sync_path(folder_))
      return fail(Errc::unavailable, "the mail folder cannot be synced: " + unsynced.message());
    keep_newest(name);
    return Done{};
  }

  const std::string& folder() const { return folder_; }

 private:
  std::string path_of(const std::string& name) const { return folder_ + "/" + name; }

  static void remove_if_old(const fs::directory_entry& entry) {
    std::error_code error;
    const auto written = entry.last_write_time(error);
    if (!error && fs::file_time_type::clock::now() - written > longest_write)
      fs::remove(entry.path(), error);
  }

  std::string new_name(Time now) {
    char number[9];
    const std::lock_guard lock{mutex_};
    std::snprintf(number, sizeof number, "%08x", static_cast<unsigned>(random_()));
    return stamp(now) + "-" + number + std::string{ending};
  }

  static std::error_code write(const std::string& path, const std::string& bytes) {
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) return last_system_error();
    if (const auto error = write_all(file.get(), bytes)) return error;
    return ::fsync(file.get()) == 0 ? std::error_code{} : last_system_error();
  }

  void keep_newest(const std::string& name) {
    const std::lock_guard lock{mutex_};
    names_.insert(name);
    while (names_.size() > max_files_) {
      ::unlink(path_of(*names_.begin()).c_str());
      names_.erase(names_.begin());
    }
  }

  const std::string folder_;
  const std::size_t max_files_;
  std::mutex mutex_;
  std::random_device random_;
  std::set<std::string> names_;  ///< By age.
};

FolderTransport::FolderTransport(net::Workers& workers, std::string folder, std::size_t max_files)
    : workers_(workers), shelf_(std::make_shared<Shelf>(std::move(folder), max_files)) {}

FolderTransport::~FolderTransport() = default;

Task<Result<Done>> FolderTransport::send(Envelope, std::string bytes, Permit permit) {
  if (permit) {
    if (const auto permitted = co_await permit(); !permitted) co_return permitted.error();
  }
  auto work = [shelf = shelf_, bytes = std::move(bytes)] { return shelf->put(bytes, wall_now()); };
  co_return co_await workers_.run(std::move(work));
}

std::string FolderTransport::describe() const { return shelf_->folder(); }

}  // namespace parley::mail
