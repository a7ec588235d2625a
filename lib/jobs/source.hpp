#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "jobs/job.hpp"

namespace parley::jobs {

/// Proves that a worker holds a job; unique for each run.
using Token = std::string;

/// At most `max` jobs begin within `window`, over all workers.
struct RateLimit {
  std::size_t max = 0;
  std::chrono::milliseconds window{0};
};

/// Who takes, and for how long it holds what it took.
struct Taking {
  Token token;
  std::chrono::milliseconds lock{30'000};
  std::string worker;  ///< Its name; may be empty.
  std::optional<RateLimit> rate;
};

/// What a take found.
struct Taken {
  std::optional<Job> job;
  /// Without a job: when the next delayed one is due, or the rate limit lets the next one in.
  std::optional<Time> look_again_at;
};

/// How a run ended.
struct Ending {
  enum class Kind {
    completed,  ///< `text` is the value, as JSON.
    failed,     ///< For good; `text` is the reason.
    retry,      ///< `text` is the reason; runs again after `delay`.
    give_back,  ///< As if it had not been taken: next in line, no attempt counted.
  };

  JobId id;
  Token token;
  Kind kind = Kind::completed;
  std::string text;
  std::vector<std::string> stacktrace;  ///< All of it, not only what is new.
  std::chrono::milliseconds delay{0};
  std::uint32_t attempts = 0;  ///< Job::options.attempts.
  Keep keep;                   ///< Of completed and failed.
};

struct Lock {
  JobId id;
  Token token;
};

/// A worker's side of a queue: each call is one atomic step. Used on one shard; `now` is the wall
/// clock. Errors of every call: unavailable, timeout, overloaded, closed: nobody knows whether it
/// happened.
class Source {
 public:
  virtual ~Source() = default;

  /// Before the first take. not_supported: others work on this queue in a way that ours would
  /// break.
  virtual Task<Result<Done>> open() = 0;
  /// The next job that may run, promoting delayed ones that are due; none while paused.
  virtual Task<Result<Taken>> take(Taking how, Time now) = 0;
  /// Ends a run and, when `next` is given, takes the next job in the same step. conflict: the
  /// lock is gone or somebody else's, or the job is: the result counts for nothing. forbidden,
  /// internal: it cannot complete, as children of it have failed, or have not ended; it is held as
  /// before, and may be ended in another way.
  virtual Task<Result<Taken>> settle(Ending ending, std::optional<Taking> next, Time now) = 0;
  /// Extends locks; gives the tokens of those that are lost. Not by id: of two runs of one job in
  /// one worker, which was stopped for longer than a lock, the later one has it.
  virtual Task<Result<std::vector<Token>>> extend(std::vector<Lock> locks,
                                                  std::chrono::milliseconds lock, Time now) = 0;
  struct Stalled {
    unsigned max_count = 1;                      ///< More stalls than this fail the job.
    std::chrono::milliseconds interval{30'000};  ///< One check in this time, over all workers.
  };
  /// Moves jobs whose lock ran out back in line: those that a check before this one saw active,
  /// too. Gives their ids.
  virtual Task<Result<std::vector<JobId>>> rescue(Stalled how, Time now) = 0;
  /// Returns when there may be work, at the latest after `limit`, or at once after wake().
  /// One call at a time.
  virtual Task<Result<Done>> wait(std::chrono::milliseconds limit) = 0;
  /// Ends the wait() that is going on.
  virtual void wake() = 0;
};

}  // namespace parley::jobs
