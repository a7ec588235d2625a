#include "store/mongo/server_clock.hpp"

#include <algorithm>

namespace parley::store::mongo {

using namespace std::chrono_literals;

namespace {
/// In so much time our clock and the server's part by less than one unit of it.
constexpr int steadiness = 2'000;
/// A distance that is made good slowly is one unit less after so many.
constexpr int patience = 2;
/// The server's time is cut to milliseconds.
constexpr auto grain = 1ms;
}  // namespace

Result<std::chrono::milliseconds> ServerClock::take(const Sample& sample) {
  if (sample.theirs < sample.ours - believable || sample.theirs > sample.ours + believable) {
    return fail(Errc::not_supported, "MongoDB's clock says " + to_iso8601(sample.theirs) +
                                         " and this machine's " + to_iso8601(sample.ours) +
                                         ": set the one that is wrong");
  }
  const Nanoseconds half = (sample.answered - sample.asked) / 2;
  const Nanoseconds midway = (sample.asked + half).time_since_epoch();
  const Offset heard{sample.theirs.time_since_epoch() - midway, half + grain, sample.answered};

  const std::lock_guard lock(mutex_);
  if (!offset_) {
    offset_ = heard;
    return 0ms;
  }
  const Nanoseconds error = offset_->error + (heard.measured - offset_->measured) / steadiness;
  const Nanoseconds behind = heard.value - offset_->value;
  const bool agrees = std::chrono::abs(behind) <= error + heard.error;
  if (agrees && heard.error > error) return 0ms;
  const SteadyTime now = sample.answered;
  const Nanoseconds latest = server_time(now) + left(ahead_, now);
  const Nanoseconds earliest = server_time(now) - left(behind_, now);
  offset_ = heard;
  since_ = now;
  ahead_ = std::max<Nanoseconds>(latest - server_time(now), 0ns);
  behind_ = std::max<Nanoseconds>(server_time(now) - earliest, 0ns);
  return std::chrono::round<std::chrono::milliseconds>(behind);
}

Time ServerClock::at(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  return Time{std::chrono::floor<std::chrono::milliseconds>(server_time(now) + left(ahead_, now))};
}

Time ServerClock::reached_by_all(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  return Time{std::chrono::floor<std::chrono::milliseconds>(server_time(now) - left(behind_, now))};
}

std::chrono::nanoseconds ServerClock::server_time(SteadyTime now) const {
  return now.time_since_epoch() + offset_->value;
}

std::chrono::nanoseconds ServerClock::left(Nanoseconds distance, SteadyTime now) const {
  return std::max<Nanoseconds>(distance - (now - since_) / patience, 0ns);
}

}  // namespace parley::store::mongo
