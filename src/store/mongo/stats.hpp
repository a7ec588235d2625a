#pragma once

#include <atomic>
#include <cstdint>

#include "ops/metrics.hpp"

namespace parley::store::mongo {

/// What this node has done with the database since it was opened. Any thread, at any time.
struct Stats {
  using Counter = std::atomic<std::uint64_t>;

  // The writer alone adds to these.
  ops::Histogram round_seconds{
      1, {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5}};
  ops::Histogram round_operations{1, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};
  Counter queued = 0;          ///< Writes that wait or are being written now.
  Counter rounds = 0;          ///< Groups of writes.
  Counter commands = 0;        ///< Round trips of the writer.
  Counter failed_rounds = 0;   ///< Some write in it was answered with `unavailable`.
  Counter retries = 0;         ///< Steps repeated because the database was away.
  Counter conflicts = 0;       ///< Messages whose seq another node took first.
  Counter refused_writes = 0;  ///< `overloaded`, because the queue was full.
  Counter messages_appended = 0;
  Counter duplicate_messages = 0;  ///< Answered with the first message.
  Counter marks_advanced = 0;      ///< Moves of delivery and read watermarks.
  Counter adopted_messages = 0;    ///< Written by Node servers, given their place here.
  Counter reads = 0;
};

}  // namespace parley::store::mongo
