#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace parley::store::embedded {

/// A file system that keeps over a power cut what it must and no more: of a file what was synced
/// and any beginning of what was written since, perhaps with zeros behind it; all of the space that
/// was taken before it was written, or none; of the files that were made, renamed and removed since
/// their directory was synced, any beginning. For tests; it syncs nothing itself. Any thread.
class ForgetfulDisk {
 public:
  /// `attic` holds what may come back. The same seed chooses the same.
  ForgetfulDisk(std::filesystem::path attic, std::uint32_t seed)
      : disk_(std::make_shared<Disk>(std::move(attic), seed)),
        env_(std::make_unique<Impatient>(rocksdb::NewCompositeEnv(std::make_shared<Files>(disk_)),
                                         disk_)) {}

  rocksdb::Env* env() { return env_.get(); }
  /// The power fails at the `count`th step from now on that would change the disk.
  void cut_after(std::uint64_t count) { disk_->cut_after(count); }
  bool is_cut() const { return disk_->is_cut(); }
  /// The power is back, and the disk has forgotten. No file may be open.
  void forget() { disk_->forget(); }

 private:
  using Path = std::filesystem::path;

  /// How much of a file there is, and how much of that is certain.
  struct Content {
    std::uint64_t written = 0, synced = 0;
    std::uint64_t size = 0;  ///< With the space that is to be written.
  };

  /// A change of a directory that is not certain yet: `name` was made, or what is kept was there
  /// before (then `from` was renamed to it, or it is gone).
  struct Change {
    Path name;
    std::optional<Path> from;
    std::optional<Path> kept;
    Content before;  ///< Of what is kept.
  };

  class Disk {
   public:
    Disk(Path attic, std::uint32_t seed) : attic_(std::move(attic)), random_(seed) {
      std::filesystem::create_directories(attic_);
    }

    void cut_after(std::uint64_t count) {
      const std::lock_guard lock(mutex_);
      left_ = count;
    }
    bool is_cut() const {
      const std::lock_guard lock(mutex_);
      return left_ == 0;
    }

    /// `step` changes the disk, if there is power.
    template <class Step>
    rocksdb::IOStatus change(Step step) {
      const std::lock_guard lock(mutex_);
      if (left_ == 0 || --left_ == 0) return rocksdb::IOStatus::IOError("no power");
      return step();
    }

    void made(const Path& name, bool existed) {
      contents_[name] = {};
      if (!existed) changes_.push_back({name, {}, {}, {}});
    }
    void grew(const Path& name, std::uint64_t bytes) {
      Content& content = contents_[name];
      content.written += bytes;
      content.size = std::max(content.size, content.written);
    }
    void made_longer(const Path& name, std::uint64_t size) {
      const std::lock_guard lock(mutex_);
      if (left_ > 0) contents_[name].size = std::max(contents_[name].size, size);
    }
    void cut_to(const Path& name, std::uint64_t size) {
      Content& content = contents_[name];
      content.written = content.size = size;
      content.synced = std::min(content.synced, size);
    }
    void synced(const Path& name) { contents_[name].synced = contents_[name].written; }
    /// Puts the file aside, to be gone.
    void removed(const Path& name) { changes_.push_back({name, {}, aside(name), take(name)}); }
    void renamed(const Path& from, const Path& to) {
      Change change{to, from, {}, {}};
      if (std::filesystem::exists(to)) {
        change.kept = aside(to);
        change.before = take(to);
      }
      std::filesystem::rename(from, to);
      contents_[to] = take(from);
      changes_.push_back(std::move(change));
    }
    void directory_synced(const Path& directory) {
      std::erase_if(changes_, [&](const Change& one) {
        const bool is_certain = one.name.parent_path() == directory;
        if (is_certain && one.kept) std::filesystem::remove(*one.kept);
        return is_certain;
      });
    }

    void forget() {
      const std::lock_guard lock(mutex_);
      for (std::uint64_t count = up_to(changes_.size()); count > 0; --count) {
        undo(changes_.back());
        changes_.pop_back();
      }
      for (const Change& one : changes_) {
        if (one.kept) std::filesystem::remove(*one.kept);
      }
      changes_.clear();
      for (const auto& [name, content] : contents_) {
        if (content.size == content.synced || !std::filesystem::exists(name)) continue;
        const std::uint64_t kept = content.synced + up_to(content.written - content.synced);
        std::filesystem::resize_file(name, kept);
        if (up_to(1) == 1) std::filesystem::resize_file(name, kept + up_to(content.written - kept));
        if (content.size > content.written && up_to(1) == 1)
          std::filesystem::resize_file(name, content.size);
      }
      contents_.clear();
      left_ = always;
    }

   private:
    static constexpr std::uint64_t always = ~std::uint64_t{0};

    std::uint64_t up_to(std::uint64_t most) {
      return std::uniform_int_distribution<std::uint64_t>(0, most)(random_);
    }
    Path aside(const Path& name) {
      Path kept = attic_ / std::to_string(++asides_);
      std::filesystem::rename(name, kept);
      return kept;
    }
    Content take(const Path& name) {
      const auto found = contents_.find(name);
      // What was there before the first power cut is certain.
      if (found == contents_.end()) return {};
      const Content content = found->second;
      contents_.erase(found);
      return content;
    }
    void undo(const Change& change) {
      if (change.from) {
        std::filesystem::rename(change.name, *change.from);
        contents_[*change.from] = take(change.name);
      } else if (!change.kept) {
        std::filesystem::remove(change.name);
        contents_.erase(change.name);
      }
      if (!change.kept) return;
      std::filesystem::rename(*change.kept, change.name);
      contents_[change.name] = change.before;
    }

    const Path attic_;
    mutable std::mutex mutex_;
    std::mt19937 random_;
    std::uint64_t left_ = always;  ///< Steps until the power fails; 0: it has.
    std::map<Path, Content> contents_;
    std::vector<Change> changes_;  ///< In order.
    std::uint64_t asides_ = 0;
  };
  using Shared = std::shared_ptr<Disk>;

  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile>&& file, Path name, Shared disk)
        : FSWritableFileOwnerWrapper(std::move(file)),
          name_(std::move(name)),
          disk_(std::move(disk)) {}

    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      return disk_->change([&] {
        disk_->grew(name_, data.size());
        return FSWritableFileOwnerWrapper::Append(data, options, context);
      });
    }
    void PrepareWrite(std::size_t offset, std::size_t size, const rocksdb::IOOptions& options,
                      rocksdb::IODebugContext* context) override {
      FSWritableFileOwnerWrapper::PrepareWrite(offset, size, options, context);
      disk_->made_longer(name_, std::filesystem::file_size(name_));
    }
    rocksdb::IOStatus Truncate(std::uint64_t size, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
      return disk_->change([&] {
        disk_->cut_to(name_, size);
        return FSWritableFileOwnerWrapper::Truncate(size, options, context);
      });
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
      return disk_->change([&] {
        disk_->synced(name_);
        return rocksdb::IOStatus::OK();
      });
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      return Sync(options, context);
    }
    rocksdb::IOStatus RangeSync(std::uint64_t, std::uint64_t, const rocksdb::IOOptions&,
                                rocksdb::IODebugContext*) override {
      return rocksdb::IOStatus::OK();  // It promises nothing.
    }

   private:
    const Path name_;
    const Shared disk_;
  };

  class Directory final : public rocksdb::FSDirectoryWrapper {
   public:
    Directory(std::unique_ptr<rocksdb::FSDirectory>&& directory, Path name, Shared disk)
        : FSDirectoryWrapper(std::move(directory)),
          name_(std::move(name)),
          disk_(std::move(disk)) {}

    rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
      return disk_->change([&] {
        disk_->directory_synced(name_);
        return rocksdb::IOStatus::OK();
      });
    }
    rocksdb::IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options,
                                          rocksdb::IODebugContext* context,
                                          const rocksdb::DirFsyncOptions&) override {
      return Fsync(options, context);
    }

   private:
    const Path name_;
    const Shared disk_;
  };

  class Files final : public rocksdb::FileSystemWrapper {
   public:
    explicit Files(Shared disk)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(std::move(disk)) {}
    const char* Name() const override { return "parley.forgetful"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override {
      const Path path = normal(name);
      return disk_->change([&] {
        const bool existed = std::filesystem::exists(path);
        auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
        if (!status.ok()) return status;
        disk_->made(path, existed);
        *file = std::make_unique<File>(std::move(*file), path, disk_);
        return status;
      });
    }
    rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* directory,
                                   rocksdb::IODebugContext* context) override {
      auto status = FileSystemWrapper::NewDirectory(name, options, directory, context);
      if (status.ok())
        *directory = std::make_unique<Directory>(std::move(*directory), normal(name), disk_);
      return status;
    }
    rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* context) override {
      const Path path = normal(name);
      return disk_->change([&] {
        // To be told that it is not there.
        if (!std::filesystem::is_regular_file(path))
          return FileSystemWrapper::DeleteFile(name, options, context);
        disk_->removed(path);
        return rocksdb::IOStatus::OK();
      });
    }
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
      return disk_->change([&] {
        if (!std::filesystem::exists(from)) return rocksdb::IOStatus::PathNotFound(from);
        disk_->renamed(normal(from), normal(to));
        return rocksdb::IOStatus::OK();
      });
    }
    // The store uses none of these: what they do would be forgotten without being known.
    rocksdb::IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                         std::unique_ptr<rocksdb::FSWritableFile>*,
                                         rocksdb::IODebugContext*) override {
      return unknown();
    }
    rocksdb::IOStatus ReuseWritableFile(const std::string&, const std::string&,
                                        const rocksdb::FileOptions&,
                                        std::unique_ptr<rocksdb::FSWritableFile>*,
                                        rocksdb::IODebugContext*) override {
      return unknown();
    }
    rocksdb::IOStatus NewRandomRWFile(const std::string&, const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSRandomRWFile>*,
                                      rocksdb::IODebugContext*) override {
      return unknown();
    }

   private:
    static Path normal(const std::string& name) { return Path(name).lexically_normal(); }
    static rocksdb::IOStatus unknown() {
      return rocksdb::IOStatus::NotSupported("not by the forgetful disk");
    }

    const Shared disk_;
  };

  /// Without power nothing is waited for: a flush that failed would be tried again a second later.
  class Clock final : public rocksdb::SystemClockWrapper {
   public:
    explicit Clock(Shared disk)
        : SystemClockWrapper(rocksdb::SystemClock::Default()), disk_(std::move(disk)) {}
    const char* Name() const override { return "parley.impatient"; }
    void SleepForMicroseconds(int micros) override {
      if (!disk_->is_cut()) SystemClockWrapper::SleepForMicroseconds(micros);
    }

   private:
    const Shared disk_;
  };

  class Impatient final : public rocksdb::EnvWrapper {
   public:
    Impatient(std::unique_ptr<rocksdb::Env>&& env, Shared disk) : EnvWrapper(std::move(env)) {
      system_clock_ = std::make_shared<Clock>(std::move(disk));
    }
    const char* Name() const override { return "parley.impatient"; }
  };

  const Shared disk_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace parley::store::embedded
