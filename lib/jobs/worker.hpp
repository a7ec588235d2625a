#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "jobs/job.hpp"
#include "jobs/source.hpp"
#include "net/shard.hpp"

namespace parley::jobs {

/// Does one job; its value is kept with the job. An error runs it again while attempts are left,
/// unless the job itself is wrong (is_worth_retrying). What it throws is an Errc::internal.
using Processor = std::function<Task<Result<json::value>>(Job)>;

struct WorkerConfig {
  std::string name;                      ///< Shown with the jobs; may be empty.
  std::size_t concurrency = 1;           ///< Jobs that run at the same time.
  std::chrono::milliseconds lock = 30s;  ///< Without renewal others may take the job then.
  std::chrono::milliseconds stalled_interval = 30s;  ///< Between looks for jobs of dead workers.
  unsigned max_stalled = 1;                          ///< A job that stalls more often fails.
  std::chrono::milliseconds idle_wait = 5s;  ///< A wake-up that got lost costs at most this.
  Keep remove_on_complete, remove_on_fail;   ///< For jobs that do not say.
  std::optional<RateLimit> rate;
  Time (*clock)() = wall_now;
};

/// Takes jobs from a queue and has them done, on one shard. Renews its locks, rescues jobs of dead
/// workers, promotes delayed ones, and goes on by itself when the store was away. A job that no
/// processor can do (unknown name, data that is not JSON) fails; the worker lives on.
class Worker {
 public:
  Worker(net::Shard& home, std::shared_ptr<Source> source, WorkerConfig config);
  /// On the home shard, or after the shards have stopped. Without stop() the jobs that run are
  /// left to be rescued.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Before start(). Replaces an earlier one for this name.
  Worker& on(std::string name, Processor processor);
  /// For names without a processor of their own.
  Worker& on_any(Processor processor);

  /// Home shard, once.
  void start();
  /// Takes no more jobs and waits for those that run; what still runs after `grace` is given back
  /// to the queue as if it had not been taken, and its result is dropped. Home shard; the second
  /// call only waits.
  Task<void> stop(std::chrono::milliseconds grace);

  /// This worker alone takes no jobs; those that run go on. Home shard.
  void pause();
  void resume();

  struct Stats {
    std::uint64_t completed = 0, failed = 0, retried = 0;  ///< Runs by how they ended.
    std::uint64_t rescued = 0;     ///< Jobs of dead workers that went back in line.
    std::uint64_t given_back = 0;  ///< At stop().
    std::uint64_t lost = 0;        ///< Runs whose lock was gone: somebody else does the job.
    std::uint64_t running = 0;
  };
  Stats stats() const;  ///< Any thread.
  /// False after open() was refused: the log says why. Any thread.
  bool is_working() const;
  /// Empty, or why the queue was refused. Home shard.
  std::string refusal() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace parley::jobs
