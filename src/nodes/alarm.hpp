#pragma once

#include <memory>

#include "base/task.hpp"
#include "base/time.hpp"

namespace parley::nodes {

/// A sleep that can be cut short. One coroutine sleeps; one shard.
class Alarm {
 public:
  explicit Alarm(Executor executor);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Until `deadline`, or until it rings; at once when it rang since the last sleep.
  Task<void> sleep_until(SteadyTime deadline);
  void ring();

 private:
  struct Clock;
  std::shared_ptr<Clock> clock_;
};

}  // namespace parley::nodes
