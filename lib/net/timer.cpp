#include "net/timer.hpp"

namespace parley::net {

void Timer::start(SteadyTime deadline) {
  stop();
  deadline_ = deadline;
  const auto at = timers_->set_.insert(*this);
  if (timers_->wake_ != nullptr && at == timers_->set_.begin()) timers_->wake_(timers_->owner_);
}

void Timer::stop() {
  if (is_linked()) timers_->set_.erase(timers_->set_.iterator_to(*this));
}

void Timers::run(SteadyTime now) {
  // As many as there were: a callback that starts its timer for the past cannot hold us here.
  for (auto left = set_.size(); left > 0 && !set_.empty(); --left) {
    Timer& first = *set_.begin();
    if (first.deadline_ > now) return;
    set_.erase(set_.begin());
    first.callback_(first.owner_);  // may have destroyed `first`
  }
}

SteadyTime Timers::next_deadline() const {
  return set_.empty() ? SteadyTime::max() : set_.begin()->deadline_;
}

}  // namespace parley::net
