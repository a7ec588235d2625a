#pragma once

#include <cstdint>
#include <mutex>
#include <random>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::store::mongo {

/// Makes the versions of one node: (ms since 2020 << 22) | (counter, 10 bits << 12) | 12 random
/// bits. Each is above all that it made or saw before. The counter begins a millisecond below 512,
/// at random: two nodes that write in one millisecond make the same version once in two million
/// times. Fits an int64 until the year 2089. Any thread.
class VersionClock {
 public:
  /// A random seed.
  VersionClock();
  explicit VersionClock(std::uint32_t seed);

  /// Above all before. Time stands still or goes back: the counter goes on, and then borrows from
  /// the future.
  chat::Version next(Time now);
  /// What another node made: the next one here will be above it.
  void observe(chat::Version seen);

  /// Below all versions made at `time`, by any node, and above all made before it.
  static chat::Version floor_of(Time time);
  static Time time_of(chat::Version version);

 private:
  std::mutex mutex_;
  std::minstd_rand random_;
  std::uint64_t ticks_ = 0;  ///< The last version without its random bits.
};

}  // namespace parley::store::mongo
