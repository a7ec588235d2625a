#pragma once

#include <atomic>
#include <cstdint>

#include "ops/metrics.hpp"

namespace parley::store::embedded {

/// What the store has done since it was opened. Read by any thread at any time.
struct Stats {
  using Counter = std::atomic<std::uint64_t>;

  // The committer alone adds to these.
  ops::Histogram commit_seconds{
      1, {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1}};
  ops::Histogram batch_operations{1, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};
  Counter queued = 0;          ///< Writes that wait or are being written now.
  Counter commits = 0;         ///< Batches written.
  Counter synced_commits = 0;  ///< Those that waited for the disk.
  Counter failed_commits = 0;
  Counter refused_writes = 0;  ///< `overloaded`, because the queue was full.
  Counter messages_appended = 0;
  Counter duplicate_messages = 0;  ///< Answered with the first message.
  Counter marks_advanced = 0;      ///< Moves of delivery and read watermarks.
  Counter reads = 0;
  Counter refused_jobs = 0;  ///< Of messages, because too many jobs wait: no mail tells of these.
};

}  // namespace parley::store::embedded
