#pragma once

#include <chrono>
#include <memory>

#include "base/task.hpp"

namespace parley::jobs {

/// Wakes one coroutine that waits, of the same shard. What comes while nobody waits is kept, once.
class Signal {
 public:
  explicit Signal(Executor executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Until notify(), at the latest after `limit`. One at a time.
  Task<void> wait(std::chrono::milliseconds limit);
  void notify();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace parley::jobs
