#include "store/mongo/clock.hpp"

#include <algorithm>

namespace parley::store::mongo {

namespace {
constexpr unsigned random_bits = 12;
constexpr unsigned counter_bits = 10;

/// The lowest ones of a random number.
std::uint64_t lowest(unsigned bits, std::uint64_t random) { return random & ((1u << bits) - 1); }

/// 2020-01-01 in Unix milliseconds.
constexpr std::int64_t epoch = 1'577'836'800'000;

/// What is older (messages of the original may be) counts as of that day.
std::uint64_t ticks_of(Time time) {
  const std::int64_t ms = std::max<std::int64_t>(to_unix_ms(time) - epoch, 0);
  return static_cast<std::uint64_t>(ms) << counter_bits;
}
}  // namespace

VersionClock::VersionClock() : VersionClock(std::random_device{}()) {}

VersionClock::VersionClock(std::uint32_t seed) : random_(seed) {}

chat::Version VersionClock::next(Time now) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t start = ticks_of(now) | lowest(counter_bits - 1, random_());
  const bool is_later = start >> counter_bits > ticks_ >> counter_bits;
  ticks_ = is_later ? start : ticks_ + 1;
  return ticks_ << random_bits | lowest(random_bits, random_());
}

void VersionClock::observe(chat::Version seen) {
  const std::lock_guard lock(mutex_);
  ticks_ = std::max(ticks_, seen >> random_bits);
}

chat::Version VersionClock::floor_of(Time time) { return ticks_of(time) << random_bits; }

Time VersionClock::time_of(chat::Version version) {
  return from_unix_ms(epoch + static_cast<std::int64_t>(version >> (random_bits + counter_bits)));
}

}  // namespace parley::store::mongo
