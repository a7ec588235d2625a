#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace parley::store::embedded {

/// Counts values into fixed buckets; one thread adds, any thread reads.
template <std::size_t size>
class Histogram {
 public:
  explicit Histogram(const std::array<double, size>& bounds) : bounds_(bounds) {}

  void add(double value) {
    std::size_t bucket = 0;
    while (bucket < size && value > bounds_[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }
  /// Upper bounds, ascending; one more bucket takes what is above the last.
  const std::array<double, size>& bounds() const { return bounds_; }
  /// Of one bucket alone, not cumulative; `bucket` ≤ size.
  std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::array<double, size> bounds_;
  std::array<std::atomic<std::uint64_t>, size + 1> counts_{};
  std::atomic<double> sum_ = 0;
};

/// What the store has done since it was opened. Read by any thread at any time.
struct Stats {
  using Counter = std::atomic<std::uint64_t>;

  Histogram<12> commit_seconds{
      {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1}};
  Histogram<10> batch_operations{{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};
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
