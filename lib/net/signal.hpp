#pragma once

#include <chrono>
#include <memory>

#include "base/task.hpp"
#include "base/time.hpp"

namespace parley::net {

/// Wakes one coroutine that waits, of the same shard. What comes while nobody waits is kept, once:
/// the next wait is over at once.
class Signal {
 public:
  explicit Signal(Executor executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Until notify(), at the latest until `deadline`. One at a time. The signal may be gone
  /// meanwhile; then the wait lasts until the deadline.
  Task<void> wait_until(SteadyTime deadline);
  Task<void> wait(std::chrono::milliseconds limit);
  void notify();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace parley::net
