#include "store/embedded/log_space.hpp"

#include <rocksdb/file_system.h>

#include <string_view>
#include <utility>

namespace parley::store::embedded {

namespace {

/// RocksDB asks for as much as a memtable and a tenth, at once. A log that ended within the head of
/// a record would be taken for a damaged one; after whole blocks of RocksDB's (32 KiB) it cannot.
class Log final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;

  void SetPreallocationBlockSize(std::size_t) override {
    FSWritableFileOwnerWrapper::SetPreallocationBlockSize(log_space);
  }
};

class Files final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "parley.log_space"; }

  rocksdb::FileOptions OptimizeForLogWrite(const rocksdb::FileOptions& options,
                                           const rocksdb::DBOptions& database) const override {
    auto logs = FileSystemWrapper::OptimizeForLogWrite(options, database);
    logs.fallocate_with_keep_size = false;
    return logs;
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok() && std::string_view(name).ends_with(".log"))
      *file = std::make_unique<Log>(std::move(*file));
    return status;
  }
};

class LogSpace final : public rocksdb::EnvWrapper {
 public:
  explicit LogSpace(rocksdb::Env& under) : EnvWrapper(&under) {
    file_system_ = std::make_shared<Files>(under.GetFileSystem());
    system_clock_ = under.GetSystemClock();
  }
  const char* Name() const override { return "parley.log_space"; }
};

}  // namespace

std::unique_ptr<rocksdb::Env> with_log_space(rocksdb::Env& under) {
  return std::make_unique<LogSpace>(under);
}

}  // namespace parley::store::embedded
