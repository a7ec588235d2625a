#include "store/mongo/clock.hpp"

#include <algorithm>
#include <random>

namespace parley::store::mongo {

namespace {
constexpr unsigned tag_bits = 12;
constexpr unsigned counter_bits = 10;
constexpr std::uint16_t tag_mask = (1u << tag_bits) - 1;

/// 2020-01-01 in Unix milliseconds.
constexpr std::int64_t epoch = 1'577'836'800'000;

/// What is older (messages of the original may be) counts as of that day.
std::uint64_t ticks_of(Time time) {
  const std::int64_t ms = std::max<std::int64_t>(to_unix_ms(time) - epoch, 0);
  return static_cast<std::uint64_t>(ms) << counter_bits;
}
}  // namespace

VersionClock::VersionClock() : VersionClock(static_cast<std::uint16_t>(std::random_device{}())) {}

VersionClock::VersionClock(std::uint16_t tag) : tag_(tag & tag_mask) {}

chat::Version VersionClock::next(Time now) {
  const std::lock_guard lock(mutex_);
  ticks_ = std::max(ticks_ + 1, ticks_of(now));
  return ticks_ << tag_bits | tag_;
}

void VersionClock::observe(chat::Version seen) {
  const std::lock_guard lock(mutex_);
  ticks_ = std::max(ticks_, seen >> tag_bits);
}

chat::Version VersionClock::floor_of(Time time) { return ticks_of(time) << tag_bits; }

Time VersionClock::time_of(chat::Version version) {
  return from_unix_ms(epoch + static_cast<std::int64_t>(version >> (tag_bits + counter_bits)));
}

}  // namespace parley::store::mongo
