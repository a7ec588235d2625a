#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "jobs/bullmq_config.hpp"
#include "jobs/queue.hpp"
#include "redis/client.hpp"

namespace parley::jobs {

/// A queue in Redis that programs on Node's bullmq (5.50 and later, 6.x) share. One script call an
/// operation. Any shard. `redis` outlives it. Formats: docs/formats/jobs.md.
class BullmqQueue final : public Queue {
 public:
  /// `config` passed check().
  BullmqQueue(redis::Client& redis, BullmqConfig config);

  Task<Result<Added>> add(NewJob job, Time now) override;
  Task<Result<std::vector<Added>>> add_all(std::vector<NewJob> jobs, Time now) override;

  Task<Result<Counts>> counts() override;
  Task<Result<std::vector<Job>>> list(State state, Page page) override;
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

  /// Redis has refused the last call that it answered, for a reason of the queue's own; the log
  /// says why. That it refuses all writes the client says. Any thread.
  bool is_refused() const { return is_refused_; }

 private:
  /// The script with the common arguments and these.
  Task<Result<redis::Reply>> run(const redis::Script& script, std::vector<std::string> arguments);
  Task<Result<Done>> change(const redis::Script& script, std::vector<std::string> arguments);

  /// What every answer of Redis goes through.
  Result<redis::Reply> heard(Result<redis::Reply> reply);

  redis::Client& redis_;
  const BullmqConfig config_;
  std::atomic<bool> is_refused_{false};
};

}  // namespace parley::jobs
