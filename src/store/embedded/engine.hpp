#pragma once

#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "store/embedded/config.hpp"
#include "store/embedded/keys.hpp"
#include "store/embedded/pacing.hpp"

namespace parley::store::embedded {

/// The layout that this program reads and writes. Source: docs/formats/embedded-store.md,
/// "Versions".
inline constexpr std::uint32_t format_version = 1;

enum class Access { write, read_only };

/// RocksDB opened the way this store needs it, format checked. Any thread.
class Engine {
 public:
  /// Creates the database when there is none (Access::write). Errors: conflict when somebody has it
  /// open (to read it, too: files are deleted beneath those who only read), not_supported when its
  /// format is newer than this program, corrupt (half restored, too), unavailable.
  static Result<std::unique_ptr<Engine>> open(const Config& config, Access access);
  /// The same, and makes nothing: not_found when there is no store.
  static Result<std::unique_ptr<Engine>> open_existing(const Config& config, Access access);
  ~Engine();

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* table(Table table) {
    return tables_[static_cast<std::size_t>(table)];
  }
  /// From how many tables on RocksDB merges its first level. Nothing changes while the disk has no
  /// room for what that may rewrite. A change writes the manifest and a small file, synced, for
  /// each of `tables_`: tens of milliseconds in which nothing else is written.
  void merge_from(int tables);
  /// Right before each write, on its thread. After a failed write RocksDB begins a fresh log when
  /// it puts what it holds in memory into a table; if it holds nothing it goes on with the broken
  /// log, and aborts. So it is made to hold something: the deletion of a row that there never is.
  void hold_something();
  /// Of the rows that the next write of chat rows inserts. The writing thread's.
  Upcoming& upcoming() { return upcoming_[static_cast<std::size_t>(Table::chat)]; }

  Pacing& pacing() { return *pacing_; }

 private:
  explicit Engine(const Config& config);
  rocksdb::Status open_database(const Config& config, Access access);
  rocksdb::Status keep_writers_away(const Config& config);
  Result<Done> check_format(const Config& config, Access access);
  Result<Done> stamp();

  std::unique_ptr<rocksdb::CompactionFilter> retention_;
  const std::unique_ptr<rocksdb::Env> env_;
  std::atomic<bool> holds_something_ = false;
  std::array<Upcoming, 2> upcoming_;  ///< People's stays empty.
  const std::shared_ptr<Pacing> pacing_ = std::make_shared<Pacing>();
  const std::uint64_t room_for_merging_;
  int merges_from_;
  std::unique_ptr<rocksdb::FileLock, std::function<void(rocksdb::FileLock*)>> lock_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, 2> tables_{};
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

/// RocksDB keeps statistics of each thread (comparisons, blocks read …) unless the thread declines,
/// and nobody reads them. Cheap enough to be called before each read.
void count_nothing();

/// What a failed call of RocksDB means here: corrupt, or unavailable.
Error to_error(const rocksdb::Status& status);

}  // namespace parley::store::embedded
