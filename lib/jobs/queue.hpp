#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "jobs/job.hpp"

/// The queue of background jobs, as its users see it. Adapters: BullmqQueue (Redis, BullMQ's keys),
/// MemoryQueue (tests). All pass the suites of jobs/contract. Errors of every call: unavailable,
/// timeout, overloaded (the store), corrupt; what else a call gives stands beside it.
namespace parley::jobs {

struct NewJob {
  std::string name;
  std::string data = "{}";  ///< JSON text; the adapter does not look into it.
  JobOptions options;
};

/// What became of an add.
struct Added {
  JobId id;            ///< The new job's, or that of the job which stood in its way.
  bool is_new = true;  ///< False: the custom id is taken, or the deduplication id has an owner.

  friend bool operator==(const Added&, const Added&) = default;
};

/// Adds jobs. Safe to call from any shard.
class Producer {
 public:
  virtual ~Producer() = default;

  /// bad_request: the options (jobs::check), the name, or data that is not JSON. After unavailable
  /// or timeout the job may have been added: only a custom id makes a second try safe.
  virtual Task<Result<Added>> add(NewJob job, Time now) = 0;
  /// All or none of them; answers in their order. At most max_batch.
  virtual Task<Result<std::vector<Added>>> add_all(std::vector<NewJob> jobs, Time now) = 0;

  static constexpr std::size_t max_batch = 1000;
};

struct Counts {
  std::uint64_t waiting = 0, prioritized = 0, active = 0, delayed = 0, completed = 0, failed = 0,
                waiting_children = 0;
  bool paused = false;

  friend bool operator==(const Counts&, const Counts&) = default;
};

/// Part of a list.
struct Page {
  std::size_t offset = 0;
  std::size_t limit = 100;  ///< At most max_page; more is cut.

  static constexpr std::size_t max_page = 1000;
};

/// One entry of the queue's events: `completed` with `jobId`, `returnvalue`, `prev` and so on.
/// Source: docs/formats/jobs.md, "Events".
struct Event {
  std::string id;  ///< Grows.
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;

  /// Empty when there is none.
  std::string_view field(std::string_view key) const;
  friend bool operator==(const Event&, const Event&) = default;
};

/// Looks at a queue.
class Inspection {
 public:
  virtual ~Inspection() = default;

  virtual Task<Result<Counts>> counts() = 0;
  /// Next to run first; of finished jobs the newest first; of active ones the oldest first.
  /// bad_request for State::none.
  virtual Task<Result<std::vector<Job>>> list(State state, Page page) = 0;
  /// not_found when there is no such job.
  virtual Task<Result<Job>> get(JobId id) = 0;
  /// Oldest first.
  virtual Task<Result<std::vector<std::string>>> log_of(JobId id, Page page) = 0;
  /// Up to `limit` events after `after` (empty: from the oldest that is kept).
  virtual Task<Result<std::vector<Event>>> events(std::string after, std::size_t limit) = 0;
};

/// Changes single jobs. not_found: no such job; conflict: it is in another state, or a worker has
/// it.
class JobControl {
 public:
  virtual ~JobControl() = default;

  /// A failed or completed job waits again, with its attempts made as they were.
  virtual Task<Result<Done>> retry(JobId id, Time now) = 0;
  /// A delayed job waits now.
  virtual Task<Result<Done>> promote(JobId id, Time now) = 0;
  virtual Task<Result<Done>> remove(JobId id) = 0;
  /// Any JSON text; a running job's. bad_request when it is none.
  virtual Task<Result<Done>> set_progress(JobId id, std::string json) = 0;
  virtual Task<Result<Done>> append_log(JobId id, std::string line) = 0;
};

/// Changes the queue as a whole.
class QueueControl {
 public:
  virtual ~QueueControl() = default;

  /// No worker takes a job until resume(); running jobs go on, and jobs can be added.
  virtual Task<Result<Done>> pause() = 0;
  virtual Task<Result<Done>> resume() = 0;
  /// Removes what waits, delayed jobs too when asked.
  virtual Task<Result<Done>> drain(bool with_delayed) = 0;
  struct Clean {
    State state = State::completed;      ///< Any but active.
    std::chrono::milliseconds grace{0};  ///< Younger ones stay.
    std::size_t limit = 1000;            ///< Most that one call removes.
  };
  /// Gives how many it removed. bad_request for a state that cannot be cleaned.
  virtual Task<Result<std::size_t>> clean(Clean what, Time now) = 0;
  /// Removes everything of the queue. conflict unless it is paused, and, without `force`, while
  /// jobs run.
  virtual Task<Result<Done>> obliterate(bool force) = 0;
};

/// A queue in full. Who only adds jobs asks for a Producer.
class Queue : public Producer, public Inspection, public JobControl, public QueueControl {};

}  // namespace parley::jobs
