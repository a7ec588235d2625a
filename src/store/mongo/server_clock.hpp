#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "base/result.hpp"
#include "base/time.hpp"

namespace parley::store::mongo {

/// A server's time, told by this machine's steady clock and by how far that is from what the server
/// said: so all nodes mean the same by now, whatever their wall clocks show. When another server
/// becomes the primary nodes notice at different moments, and one may have stood still: so what a
/// node writes with goes forward at once and back slowly, and what it takes for past goes back at
/// once and forward slowly. Slowly is at half or at one and a half of the clock's speed.
/// Source: ADR 0016. Any thread.
class ServerClock {
 public:
  /// The server read its clock between the two moments.
  struct Sample {
    SteadyTime asked, answered;
    Time theirs;
    Time ours;  ///< This machine's wall clock: nonsense is known by it.
  };
  /// What is further from this machine's time is nobody's time.
  static constexpr std::chrono::hours believable{24};

  /// Gives how far the clock was behind the server's, as far as the sample knows better.
  /// not_supported: not believed, and the clock runs on.
  Result<std::chrono::milliseconds> take(const Sample& sample);

  // Of a clock that has taken a sample.

  /// Never goes back.
  Time at(SteadyTime now) const;
  /// What other nodes have reached, those that have not noticed yet, too.
  Time reached_by_all(SteadyTime now) const;

 private:
  using Nanoseconds = std::chrono::nanoseconds;
  /// How far the server's clock is before our steady one.
  struct Offset {
    Nanoseconds value, error;
    SteadyTime measured;
  };

  Nanoseconds server_time(SteadyTime now) const;
  Nanoseconds left(Nanoseconds distance, SteadyTime now) const;

  mutable std::mutex mutex_;
  std::optional<Offset> offset_;  ///< Of the best sample, which had the shortest round trip.
  Nanoseconds ahead_{0};          ///< How far `at` was before what the offset says, at `since_`.
  Nanoseconds behind_{0};         ///< And how far `reached_by_all` was behind it.
  SteadyTime since_;
};

}  // namespace parley::store::mongo
