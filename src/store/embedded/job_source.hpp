#pragma once

#include <memory>
#include <vector>

#include "base/task.hpp"
#include "jobs/source.hpp"

namespace parley::store::embedded {

class Database;
class JobBoard;
class JobWaiter;

/// A worker's side of the JobQueue, on the shard of `home`. Locks run by the time that callers
/// tell, and go on between the calls.
class JobSource final : public jobs::Source {
 public:
  JobSource(Database& database, std::shared_ptr<JobBoard> board, Executor home);
  ~JobSource() override;

  Task<Result<Done>> open() override;
  Task<Result<jobs::Taken>> take(jobs::Taking how, Time now) override;
  Task<Result<jobs::Taken>> settle(jobs::Ending ending, std::optional<jobs::Taking> next,
                                   Time now) override;
  Task<Result<std::vector<jobs::Token>>> extend(std::vector<jobs::Lock> locks,
                                                std::chrono::milliseconds lock, Time now) override;
  Task<Result<std::vector<jobs::JobId>>> rescue(Stalled how, Time now) override;
  Task<Result<Done>> wait(std::chrono::milliseconds limit) override;
  void wake() override;

 private:
  Database& database_;
  std::shared_ptr<JobBoard> board_;
  std::shared_ptr<JobWaiter> waiter_;
};

}  // namespace parley::store::embedded
