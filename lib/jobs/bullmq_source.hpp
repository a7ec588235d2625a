#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jobs/bullmq_config.hpp"
#include "jobs/source.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"

namespace parley::jobs {

/// A worker's side of a queue that Node's bullmq shares. Lives on `home`. Work goes over `redis`
/// (which outlives it, and may be another shard's); waiting blocks a connection of its own, by
/// whose name others see this worker.
class BullmqSource final : public Source {
 public:
  /// `config` passed check(). `blocking` says where the connection that waits goes; its timeout is
  /// set here. `worker` is the worker's name, or empty.
  BullmqSource(net::Shard& home, redis::Client& redis, redis::Config blocking, BullmqConfig config,
               std::string worker);
  /// On the home shard, or after the shards have stopped.
  ~BullmqSource() override;

  /// not_supported: bullmq 3.x or 4.x works on this queue, or it has a schedule by pattern, whose
  /// next run ours could not make.
  Task<Result<Done>> open() override;
  Task<Result<Taken>> take(Taking how, Time now) override;
  Task<Result<Taken>> settle(Ending ending, std::optional<Taking> next, Time now) override;
  Task<Result<std::vector<Token>>> extend(std::vector<Lock> locks, std::chrono::milliseconds lock,
                                          Time now) override;
  Task<Result<std::vector<JobId>>> rescue(Stalled how, Time now) override;
  Task<Result<Done>> wait(std::chrono::milliseconds limit) override;
  void wake() override;

  /// The longest that one wait blocks.
  static constexpr std::chrono::milliseconds max_wait{5000};

 private:
  class Marker;
  Task<Result<redis::Reply>> run(const redis::Script& script, std::vector<std::string> arguments);
  Task<void> warn_of_eviction();
  /// A job of a schedule: makes the next one before this one runs. Where that fails nobody may run
  /// it, or the schedule would end: it stalls, and who takes it then tries again.
  Task<Result<Taken>> follow_schedule(Taken taken, Time now);

  redis::Client& redis_;
  const BullmqConfig config_;
  std::shared_ptr<Marker> marker_;
};

}  // namespace parley::jobs
