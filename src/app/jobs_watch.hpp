#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/task.hpp"
#include "base/time.hpp"
#include "jobs/queue.hpp"
#include "net/shard.hpp"
#include "ops/metrics.hpp"

namespace parley::app {

/// How long a queue is and how old its oldest waiting job, asked now and then: a scrape must not
/// wait for the queue.
class JobsWatch {
 public:
  static constexpr std::chrono::seconds interval{5};

  /// `queue` outlives the shard's thread.
  JobsWatch(net::Shard& home, jobs::Queue& queue);

  /// Looks at once and every `interval` from then on. Any thread, once.
  void start();

  /// `parley_jobs{queue,state}`, `parley_jobs_paused{queue}`,
  /// `parley_jobs_oldest_waiting_seconds{queue}`; `name` is the queue's.
  void export_counts(ops::Metrics& metrics, const std::string& name) const;

  /// One look; what the queue does not answer stays as it was.
  Task<void> look() { return look(queue_, seen_); }

  struct Seen {
    std::atomic<std::uint64_t> waiting = 0, prioritized = 0, active = 0, delayed = 0, completed = 0,
                               failed = 0;
    std::atomic<bool> paused = false;
    std::atomic<std::int64_t> oldest_ms = 0;  ///< Since 1970; 0: nothing waits.
  };
  const Seen& seen() const { return *seen_; }

 private:
  using SeenPtr = std::shared_ptr<Seen>;  ///< The coroutine may end after this.
  static Task<void> watch(jobs::Inspection& queue, SeenPtr seen);
  static Task<void> look(jobs::Inspection& queue, SeenPtr seen);

  net::Shard& home_;
  jobs::Queue& queue_;
  SeenPtr seen_ = std::make_shared<Seen>();
};

}  // namespace parley::app
