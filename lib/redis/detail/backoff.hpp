#pragma once

#include <algorithm>
#include <chrono>

namespace parley::redis::detail {

/// How long to wait before the next attempt: doubles from `min` to `max`. Jitter keeps the nodes of
/// a cluster from coming back all at once.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max)
      : min_(std::max(min, std::chrono::milliseconds{1})), max_(std::max(min_, max)), next_(min_) {}

  /// `chance` is from 0 to 1: the wait is from half to all of the present step.
  std::chrono::milliseconds next(double chance) {
    const auto step = next_;
    next_ = std::min(next_ * 2, max_);
    return std::chrono::duration_cast<std::chrono::milliseconds>(step * (0.5 + chance / 2));
  }

  /// After a connection that was good.
  void reset() { next_ = min_; }

 private:
  std::chrono::milliseconds min_, max_, next_;
};

}  // namespace parley::redis::detail
