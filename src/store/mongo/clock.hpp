#pragma once

#include <cstdint>
#include <mutex>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::store::mongo {

/// Makes the versions of one node: (ms since 2020 << 22) | (counter, 10 bits << 12) | node tag, 12
/// bits.
/// Each is above all that it made or saw before, and carries the node's tag, so that no two nodes
/// make the same one. Fits an int64 until the year 2089. Any thread.
class VersionClock {
 public:
  /// A random tag.
  VersionClock();
  explicit VersionClock(std::uint16_t tag);

  /// Above all before. Time stands still or goes back: the counter goes on, and then borrows from
  /// the future.
  chat::Version next(Time now);
  /// What another node made: the next one here will be above it.
  void observe(chat::Version seen);

  std::uint16_t tag() const { return tag_; }

  /// Below all versions made at `time`, by any node, and above all made before it.
  static chat::Version floor_of(Time time);
  static Time time_of(chat::Version version);

 private:
  const std::uint16_t tag_;
  std::mutex mutex_;
  std::uint64_t ticks_ = 0;  ///< The last version without its tag.
};

}  // namespace parley::store::mongo
