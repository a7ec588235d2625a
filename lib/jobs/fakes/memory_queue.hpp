#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jobs/queue.hpp"
#include "jobs/source.hpp"

namespace parley::jobs::fakes {

/// A Board that nobody stores, for tests: all of a queue's promises, in one thread. Locks run out
/// by the `now` of the calls.
class MemoryQueue final : public Queue {
 public:
  /// `executor` is where its sources wait.
  explicit MemoryQueue(Executor executor);
  ~MemoryQueue() override;

  /// For a Worker; any number.
  std::shared_ptr<Source> new_source();

  Task<Result<Added>> add(NewJob job, Time now) override;
  Task<Result<std::vector<Added>>> add_all(std::vector<NewJob> jobs, Time now) override;
  Task<Result<Counts>> counts() override;
  Task<Result<std::vector<Job>>> list(jobs::State state, Page page) override;
  Task<Result<Job>> get(JobId id) override;
  Task<Result<std::vector<std::string>>> log_of(JobId id, Page page) override;
  Task<Result<std::vector<Event>>> events(std::string after, std::size_t limit) override;
  Task<Result<Done>> retry(JobId id, Time now) override;
  Task<Result<Done>> promote(JobId id, Time now) override;
  Task<Result<Done>> remove(JobId id) override;
  Task<Result<Done>> set_progress(JobId id, std::string json) override;
  Task<Result<Done>> append_log(JobId id, std::string line) override;
  Task<Result<Done>> pause() override;
  Task<Result<Done>> resume() override;
  Task<Result<Done>> drain(bool with_delayed) override;
  Task<Result<std::size_t>> clean(Clean what, Time now) override;
  Task<Result<Done>> obliterate(bool force) override;

 private:
  class State;
  class MemorySource;
  std::shared_ptr<State> state_;
};

}  // namespace parley::jobs::fakes
