#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>

#include "base/time.hpp"

namespace rocksdb {
class Env;
}

namespace parley::store::embedded {

using namespace std::chrono_literals;

/// Settings of the embedded store. Sizes are bytes, counts are rows or calls.
struct Config {
  std::filesystem::path directory;  ///< Of the database itself: DATA_DIR/db. Made when absent.

  /// Writes that wait for the committer; one more is `overloaded`.
  std::size_t max_queued = 16'384;
  std::size_t max_batch = 1'024;  ///< Writes that share one sync; bounds a batch's memory.
  std::chrono::milliseconds max_pause = 2ms;  ///< Under load, at most so long between two batches.
  /// How long receipts wait for a message to share a sync.
  std::chrono::milliseconds patience = 2ms;
  std::size_t readers = 2;               ///< Threads that read the disk.
  std::size_t max_queued_reads = 4'096;  ///< Reads that wait for one; one more is `overloaded`.

  /// Heads kept by the committer: about 400 bytes each.
  std::size_t cached_conversations = 65'536;
  /// Pairs of users whose conversation is known: about 100 bytes each.
  std::size_t cached_pairs = 65'536;
  std::size_t cached_users = 65'536;  ///< Users known to exist: about 60 bytes each.

  std::size_t block_cache = 64u << 20;   ///< Bytes of uncompressed blocks kept for reads.
  std::size_t write_buffer = 32u << 20;  ///< Bytes of one memtable; up to three exist at once.
  std::size_t max_log = 96u << 20;  ///< Bytes of write-ahead log: bounds what a restart replays.
  int max_open_files = 512;         ///< Table files kept open.

  /// How long (sender, client_id) is remembered, at least.
  std::chrono::hours idempotency_retention = 48h;
  std::chrono::milliseconds alive_interval = 5s;  ///< How far `last_seen` may be off after a crash.

  std::function<Time()> clock = &wall_now;  ///< For retention, the alive row and when logins end.
  rocksdb::Env* env = nullptr;              ///< Tests put faults in here; nullptr = the real disk.
};

}  // namespace parley::store::embedded
