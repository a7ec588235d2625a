#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>

namespace parley::store::embedded {

/// A file system whose write-ahead log can be made to fail. For tests.
class FaultyDisk {
 public:
  enum class Fault { none, full, sync_fails };

  FaultyDisk() : env_(rocksdb::NewCompositeEnv(std::make_shared<Files>(fault_))) {}

  void set(Fault fault) { *fault_ = fault; }
  rocksdb::Env* env() { return env_.get(); }

 private:
  using Switch = std::shared_ptr<std::atomic<Fault>>;

  class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    LogFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, Switch fault)
        : FSWritableFileOwnerWrapper(std::move(file)), fault_(std::move(fault)) {}

    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      if (*fault_ == Fault::full) return rocksdb::IOStatus::NoSpace("the disk is full");
      return FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
      if (*fault_ == Fault::sync_fails)
        return rocksdb::IOStatus::IOError("the disk does not answer");
      return FSWritableFileOwnerWrapper::Sync(options, context);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      return Sync(options, context);
    }

   private:
    Switch fault_;
  };

  class Files final : public rocksdb::FileSystemWrapper {
   public:
    explicit Files(Switch fault)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), fault_(std::move(fault)) {}
    const char* Name() const override { return "parley.faulty"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override {
      auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
      if (status.ok() && name.ends_with(".log"))
        *file = std::make_unique<LogFile>(std::move(*file), fault_);
      return status;
    }

   private:
    Switch fault_;
  };

  Switch fault_ = std::make_shared<std::atomic<Fault>>(Fault::none);
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace parley::store::embedded
