#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace parley::load {

/// Durations in buckets whose width grows with their value: 128 to a power of two, so that every
/// answer is at most 0.8 % too high. Below 128 ns they are exact; above four hours all are alike.
class Histogram {
 public:
  Histogram() : buckets_(bucket_count) {}

  void add(std::chrono::nanoseconds value);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds{max_}; }
  std::chrono::nanoseconds mean() const;
  /// The smallest bucket that `share` (0 … 1) of all values lie in or below, by its upper end; 0
  /// when there are none.
  std::chrono::nanoseconds at(double share) const;

 private:
  static constexpr int precision = 7;
  static constexpr std::uint64_t halves = 1u << precision;
  static constexpr std::uint64_t limit = std::uint64_t{1} << 44;
  static constexpr std::size_t bucket_count = (44 - precision + 1) * halves;

  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t upper_end(std::size_t index);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace parley::load
