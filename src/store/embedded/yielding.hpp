#pragma once

#include <rocksdb/listener.h>

namespace parley::store::embedded {

/// Flushes and compactions yield to the threads that somebody waits for: RocksDB's threads get a
/// lower priority as they begin their first one. A core that is not full serves them as before. On
/// a full one they get about a quarter of a thread's share each, and when that does not do, RocksDB
/// holds the committer back until a memtable is free again, which leaves them the core. They keep
/// no statistics of their own, either.
class Yielding final : public rocksdb::EventListener {
 public:
  /// Added to the nice value of the thread.
  static constexpr int steps = 5;

  void OnFlushBegin(rocksdb::DB* db, const rocksdb::FlushJobInfo& job) override;
  void OnCompactionBegin(rocksdb::DB* db, const rocksdb::CompactionJobInfo& job) override;
};

}  // namespace parley::store::embedded
