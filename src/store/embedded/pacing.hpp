#pragma once

#include <rocksdb/db.h>
#include <rocksdb/rate_limiter.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/time.hpp"

namespace parley::store::embedded {

/// How far RocksDB's own work is behind.
struct Backlog {
  std::uint64_t sealed = 0;       ///< Memtables that are full, the one that is being flushed too.
  std::uint64_t first_level = 0;  ///< Tables that wait to be merged.
};

/// Under load, who writes a table rests between its pieces, so that a flush takes a little of the
/// core for a while instead of a quarter of it at once, in which queues would build up. Rests
/// neither while nobody waits, nor when the work falls behind. RocksDB asks a limit of bytes a
/// second before each piece of a table; here it is told when to go on. Any thread. Source: ADR
/// 0017.
class Pacing final : public rocksdb::RateLimiter {
 public:
  /// Bytes of a table that are written at a time: half a millisecond of work.
  static constexpr std::int64_t piece = 64 << 10;
  /// A rest is so many times as long as the work before it.
  static constexpr int rest_factor = 12;
  static constexpr std::chrono::milliseconds longest_rest{20};
  /// Less work than this goes on.
  static constexpr std::chrono::microseconds least_work{300};
  /// How long a batch shows load.
  static constexpr std::chrono::milliseconds load_lasts{100};

  /// What is done of all this, decided: the rest that is due after so much CPU time.
  static std::chrono::nanoseconds rest_after(std::chrono::nanoseconds worked, const Backlog& left);

  /// Before this nobody rests: recovery makes tables, too. `table`: whose backlog counts.
  void watch(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* table);
  /// Nobody rests from now on, and nobody asks `db` or `table` any more.
  void stop();
  /// A batch of many calls was written.
  void saw_load(SteadyTime now) { loaded_until_ = (now + load_lasts).time_since_epoch().count(); }
  std::uint64_t rests() const { return rests_; }

  using RateLimiter::Request;
  void Request(std::int64_t bytes, rocksdb::Env::IOPriority priority,
               rocksdb::Statistics* statistics) override;
  std::int64_t GetSingleBurstBytes() const override { return piece; }
  // No limit of bytes a second, and nobody reads what went through.
  void SetBytesPerSecond(std::int64_t) override {}
  std::int64_t GetBytesPerSecond() const override { return 0; }
  std::int64_t GetTotalBytesThrough(rocksdb::Env::IOPriority) const override { return 0; }
  std::int64_t GetTotalRequests(rocksdb::Env::IOPriority) const override { return 0; }

 private:
  bool is_loaded() const;
  std::optional<Backlog> backlog();

  std::mutex mutex_;  ///< Of the next two: RocksDB's threads may ask while they end.
  rocksdb::DB* db_ = nullptr;
  rocksdb::ColumnFamilyHandle* table_ = nullptr;
  std::atomic<SteadyTime::rep> loaded_until_ = 0;
  std::atomic<std::uint64_t> rests_ = 0;
};

}  // namespace parley::store::embedded
