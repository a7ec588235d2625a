#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "jobs/options.hpp"

namespace parley::jobs {

/// Unique in its queue.
using JobId = std::string;

/// Where a job is. `none`: there is no such job, or it is in no list.
enum class State {
  none,
  waiting,
  prioritized,
  active,
  delayed,
  completed,
  failed,
  waiting_children
};
/// As BullMQ's API spells it: `waiting`, `waiting-children`; `none` is `unknown`.
std::string_view to_string(State state);
std::optional<State> state_from(std::string_view name);

/// A job as it was when it was read.
struct Job {
  JobId id;
  std::string name;
  std::string data = "{}";  ///< JSON text.
  JobOptions options;
  State state = State::none;

  Time created_at{};
  std::chrono::milliseconds delay{0};  ///< Of the present rest; 0 otherwise.
  std::uint32_t priority = 0;
  std::uint32_t attempts_started = 0;  ///< Times that a worker took it.
  std::uint32_t attempts_made = 0;     ///< Runs that ended: completed, failed or to be retried.
  std::uint32_t stalled_count = 0;
  std::optional<Time> processed_at, finished_at;
  std::string worker;  ///< The name of the worker that took it last, when that has one.

  std::string return_value;   ///< JSON text, once completed.
  std::string failed_reason;  ///< Plain text of the last failure; stays when a later run succeeds.
  std::vector<std::string> stacktrace;  ///< One entry a failure, newest last.
  std::string progress;                 ///< JSON text.

  std::string deferred_failure;  ///< Not empty: it must fail with this text and not run.
  std::string deduplication_id;
  std::string scheduler_id;  ///< The job scheduler whose run this is.
  std::string parent_key;    ///< Of a flow: the job that waits for this one.
  std::string unreadable;    ///< Not empty: data or options are not JSON, and this says where.

  /// While it runs: `data`, parsed. Null in jobs that were only read.
  json::value payload;

  /// True when the run's result will not be taken any more: the worker stops, or lost the job. A
  /// long processor asks now and then.
  bool is_cancelled() const { return cancelled && cancelled->load(std::memory_order_relaxed); }
  std::shared_ptr<const std::atomic<bool>> cancelled;
  /// While it runs, on the worker's shard: asks the queue whether this run has the job still, and
  /// keeps it for a whole lock from now. For a processor to ask before what cannot be undone: the
  /// process may have been stopped for longer than a lock. conflict: somebody else may do the job;
  /// else as Source::extend, and nobody knows.
  std::function<Task<Result<Done>>()> hold;
};

}  // namespace parley::jobs
