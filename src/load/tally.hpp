#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "load/histogram.hpp"

namespace parley::load {

/// What a load counts and times; times run from when a call was meant to begin, so that a server
/// that makes callers wait does not hide it (no coordinated omission).
struct Tally {
  std::uint64_t answered = 0;   ///< Calls that succeeded.
  std::uint64_t refused = 0;    ///< Calls that the server said no to.
  std::uint64_t delivered = 0;  ///< Messages that a device of the receiver got.
  std::uint64_t events = 0;     ///< Everything that the server sent of its own accord.
  Histogram answers;            ///< To the answer.
  Histogram deliveries;         ///< To the receiver's first device.
  Histogram recent;             ///< Answers since somebody looked, for the course of time.
};

/// Something that makes calls.
class Work {
 public:
  virtual ~Work() = default;
  /// Begins the calls that are due; gives when the next one is.
  virtual SteadyTime tick(SteadyTime now) = 0;
  virtual Tally& tally() = 0;
};

}  // namespace parley::load
