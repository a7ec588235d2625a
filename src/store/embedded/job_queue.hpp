#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jobs/board.hpp"
#include "jobs/queue.hpp"
#include "jobs/source.hpp"

namespace parley::net {
class Shard;
}

namespace parley::store::embedded {

class Database;
class JobBoard;

/// The queue of jobs inside the embedded store: a jobs::Board on the committer thread, whose rows
/// are in the batches of everything else. An answer to add, settle and the control calls means that
/// it is durable; a take is not synced. Jobs that ran when the program ended are back in line at
/// the next start, and counted as stalled. Safe to call from any shard.
/// Source: docs/formats/embedded-store.md, "Jobs".
class JobQueue final : public jobs::Queue {
 public:
  /// A job that ran at more ends of the program than this is taken to be their cause, and fails. It
  /// has rested longer and longer before (jobs::Board::recover), so others do not get there.
  static constexpr unsigned max_stalled = 10;

  /// At most one a database, which outlives it. What cannot be read is told by the first calls.
  explicit JobQueue(Database& database, jobs::BoardLimits limits = {});
  ~JobQueue() override;
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  /// For a Worker on `home`; any number.
  std::shared_ptr<jobs::Source> new_source(net::Shard& home);

  /// For the adapters of this room.
  const std::shared_ptr<JobBoard>& board() const { return board_; }

  Task<Result<jobs::Added>> add(jobs::NewJob job, Time now) override;
  Task<Result<std::vector<jobs::Added>>> add_all(std::vector<jobs::NewJob> jobs, Time now) override;
  Task<Result<jobs::Counts>> counts() override;
  Task<Result<std::vector<jobs::Job>>> list(jobs::State state, jobs::Page page) override;
  Task<Result<jobs::Job>> get(jobs::JobId id) override;
  Task<Result<std::vector<std::string>>> log_of(jobs::JobId id, jobs::Page page) override;
  Task<Result<std::vector<jobs::Event>>> events(std::string after, std::size_t limit) override;
  Task<Result<Done>> retry(jobs::JobId id, Time now) override;
  Task<Result<Done>> promote(jobs::JobId id, Time now) override;
  Task<Result<Done>> remove(jobs::JobId id) override;
  Task<Result<Done>> set_progress(jobs::JobId id, std::string json) override;
  Task<Result<Done>> append_log(jobs::JobId id, std::string line) override;
  Task<Result<Done>> pause() override;
  Task<Result<Done>> resume() override;
  /// In batches: what is added meanwhile goes, too.
  Task<Result<Done>> drain(bool with_delayed) override;
  Task<Result<std::size_t>> clean(Clean what, Time now) override;
  /// In batches; conflict in the middle when somebody resumes the queue.
  Task<Result<Done>> obliterate(bool force) override;

 private:
  Task<Result<Done>> set_paused(bool is_paused);

  Database& database_;
  std::shared_ptr<JobBoard> board_;
};

}  // namespace parley::store::embedded
