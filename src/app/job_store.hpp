#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "jobs/bullmq_queue.hpp"
#include "jobs/source.hpp"
#include "jobs/worker.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"
#include "settings/settings.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/job_queue.hpp"

namespace parley::app {

/// Where the mail queue is kept. Adapters: RedisJobs, EmbeddedJobs. Made before the shards start.
class JobStore {
 public:
  virtual ~JobStore() = default;

  virtual jobs::Queue& queue() = 0;
  /// For a worker on `home`.
  virtual std::shared_ptr<jobs::Source> new_source(net::Shard& home) = 0;
  /// A job that stalls more often fails.
  virtual unsigned max_stalled() const { return jobs::WorkerConfig{}.max_stalled; }
  /// Any thread, without waiting.
  virtual Result<Done> health() const = 0;
  /// Finishes what it has taken on; the shards still run.
  virtual void close() {}
};

/// BullMQ's keys in Redis: any number of processes, those of Node.js too.
class RedisJobs final : public JobStore {
 public:
  /// `queue` passed jobs::check.
  RedisJobs(net::Shard& home, const redis::Config& redis, jobs::BullmqConfig queue);

  jobs::Queue& queue() override { return queue_; }
  std::shared_ptr<jobs::Source> new_source(net::Shard& home) override;
  Result<Done> health() const override;

 private:
  const redis::Config redis_;
  const jobs::BullmqConfig config_;
  redis::Client client_;
  jobs::BullmqQueue queue_;
};

/// Rows of an embedded store: this process alone.
class EmbeddedJobs final : public JobStore {
 public:
  /// In the store of everything else, which outlives it.
  explicit EmbeddedJobs(store::embedded::Database& database);
  /// In a store of its own.
  explicit EmbeddedJobs(std::unique_ptr<store::embedded::Database> database);

  store::embedded::JobQueue& queue() override { return queue_; }
  std::shared_ptr<jobs::Source> new_source(net::Shard& home) override;
  unsigned max_stalled() const override { return store::embedded::JobQueue::max_stalled; }
  Result<Done> health() const override { return database_.health(); }
  void close() override;

 private:
  std::unique_ptr<store::embedded::Database> own_;  ///< nullptr: somebody else's.
  store::embedded::Database& database_;
  store::embedded::JobQueue queue_;
};

/// Of the mail queue, or of another one in the same Redis. bad_request: a name or prefix that Node
/// would refuse.
Result<jobs::BullmqConfig> queue_config(const Settings& settings, std::string name);

/// In Redis when there is one. Else in `shared`, and without that in an embedded store of its own,
/// which is opened in DATA_DIR. Errors: of queue_config and of Database::open.
Result<std::unique_ptr<JobStore>> open_job_store(net::Shard& home, const Settings& settings,
                                                 const std::optional<redis::Config>& redis,
                                                 store::embedded::Database* shared);

/// What workers of this process are called where jobs are shown: `parley-<host>-<pid>`.
std::string worker_name();

}  // namespace parley::app
