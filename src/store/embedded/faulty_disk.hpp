#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <limits>
#include <memory>

namespace parley::store::embedded {

/// A file system that can be made to fail: in writing, and in reading tables. For tests.
class FaultyDisk {
 public:
  enum class Fault {
    none,
    full,        ///< Of what is written to any file a part is, and no more.
    log_full,    ///< Of what is written to write-ahead logs.
    sync_fails,  ///< Of write-ahead logs.
  };

  FaultyDisk() : env_(rocksdb::NewCompositeEnv(std::make_shared<Files>(switches_))) {}

  void set(Fault fault) { switches_->fault = fault; }
  /// Of tables: so many reads work from now on, and none after them. Gives how many were left.
  std::int64_t allow_reads(std::int64_t count) {
    switches_->failed_reads = 0;
    return switches_->reads_left.exchange(count);
  }
  /// Reads of tables that failed since `allow_reads`.
  std::int64_t failed_reads() const { return switches_->failed_reads; }
  rocksdb::Env* env() { return env_.get(); }

  static constexpr std::int64_t all_reads = std::numeric_limits<std::int64_t>::max();

 private:
  struct Switches {
    std::atomic<Fault> fault = Fault::none;
    std::atomic<std::int64_t> reads_left = all_reads, failed_reads = 0;
  };
  using Shared = std::shared_ptr<Switches>;

  class WrittenFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    WrittenFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, bool is_log, Shared switches)
        : FSWritableFileOwnerWrapper(std::move(file)),
          is_log_(is_log),
          switches_(std::move(switches)) {}

    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      if (switches_->fault == Fault::full || (is_log_ && switches_->fault == Fault::log_full)) {
        const rocksdb::Slice torn(data.data(), data.size() / 2);
        FSWritableFileOwnerWrapper::Append(torn, options, context).PermitUncheckedError();
        return rocksdb::IOStatus::NoSpace("the disk is full");
      }
      return FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
      if (is_log_ && switches_->fault == Fault::sync_fails)
        return rocksdb::IOStatus::IOError("the disk does not answer");
      return FSWritableFileOwnerWrapper::Sync(options, context);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      return Sync(options, context);
    }

   private:
    bool is_log_;
    Shared switches_;
  };

  class TableFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
   public:
    TableFile(std::unique_ptr<rocksdb::FSRandomAccessFile>&& file, Shared switches)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), switches_(std::move(switches)) {}

    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size,
                           const rocksdb::IOOptions& options, rocksdb::Slice* result, char* memory,
                           rocksdb::IODebugContext* context) const override {
      if (switches_->reads_left.fetch_sub(1) <= 0) {
        ++switches_->failed_reads;
        return rocksdb::IOStatus::IOError("the disk cannot be read");
      }
      return FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, memory, context);
    }
    rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, std::size_t count,
                                const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* context) override {
      return FSRandomAccessFile::MultiRead(requests, count, options, context);  // one by one
    }

   private:
    Shared switches_;
  };

  class Files final : public rocksdb::FileSystemWrapper {
   public:
    explicit Files(Shared switches)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), switches_(std::move(switches)) {}
    const char* Name() const override { return "parley.faulty"; }

    /// Of this disk, and not the default one's.
    rocksdb::IOStatus NewLogger(const std::string& name, const rocksdb::IOOptions& options,
                                std::shared_ptr<rocksdb::Logger>* logger,
                                rocksdb::IODebugContext* context) override {
      return FileSystem::NewLogger(name, options, logger, context);
    }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override {
      auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
      if (status.ok())
        *file = std::make_unique<WrittenFile>(std::move(*file), name.ends_with(".log"), switches_);
      return status;
    }
    rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                   std::uint64_t* bytes,
                                   rocksdb::IODebugContext* context) override {
      auto status = FileSystemWrapper::GetFreeSpace(path, options, bytes, context);
      if (status.ok() && switches_->fault == Fault::full) *bytes = 0;
      return status;
    }
    rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                          rocksdb::IODebugContext* context) override {
      auto status = FileSystemWrapper::NewRandomAccessFile(name, options, file, context);
      if (status.ok() && name.ends_with(".sst"))
        *file = std::make_unique<TableFile>(std::move(*file), switches_);
      return status;
    }

   private:
    Shared switches_;
  };

  Shared switches_ = std::make_shared<Switches>();
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace parley::store::embedded
