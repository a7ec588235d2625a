#pragma once

#include <optional>
#include <queue>
#include <vector>

#include "base/time.hpp"
#include "load/contacts.hpp"

namespace parley::load {

/// An open loop: when calls are meant to begin, whatever became of those before. The times between
/// them are random (a Poisson process).
class Pacer {
 public:
  /// `rate`: calls a second, above 0.
  Pacer(double rate, SteadyTime begin, std::uint64_t seed);

  SteadyTime next() const { return next_; }
  /// The intended time of a call that is due, whose turn is then over; nullopt: none is.
  std::optional<SteadyTime> take(SteadyTime now);

 private:
  void advance();

  Random random_;
  std::exponential_distribution<double> gap_;
  SteadyTime next_;
};

/// A closed loop: who begins the next call when. The order of equal times is that of arrival.
class Turns {
 public:
  void add(SteadyTime when, std::uint32_t who) { queue_.push({when, count_++, who}); }
  /// SteadyTime::max() when nobody waits.
  SteadyTime next() const { return queue_.empty() ? SteadyTime::max() : queue_.top().when; }

  struct Turn {
    SteadyTime when;
    std::uint64_t number;
    std::uint32_t who;
    bool operator>(const Turn& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };
  std::optional<Turn> take(SteadyTime now);

 private:
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> queue_;
  std::uint64_t count_ = 0;
};

}  // namespace parley::load
