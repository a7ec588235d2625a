#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "chat/ports/feed.hpp"
#include "store/embedded/cadence.hpp"
#include "store/embedded/config.hpp"
#include "store/embedded/outage.hpp"
#include "store/embedded/stats.hpp"
#include "store/embedded/transaction.hpp"

namespace parley::store::embedded {

/// One write that somebody asked for.
class Operation {
 public:
  virtual ~Operation() = default;
  /// Reads, decides and puts rows. On the committer thread.
  virtual void execute(Transaction& transaction) = 0;
  /// Takes the place of what `execute` found. On the committer thread.
  virtual void fail(const Error& error) = 0;
  /// Tells the one who asked. On `executor`.
  virtual void complete() = 0;
  /// nullptr: nobody waits.
  virtual const Executor* executor() const = 0;
  /// True: it begins no batch, but goes with the next one, within Config::patience.
  virtual bool can_wait() const { return false; }
};
using OperationPtr = std::unique_ptr<Operation>;

/// The one thread that writes. Takes all that waits, decides it in order, writes one batch with one
/// sync, publishes it on the feed, completes. An idle store commits at once; while writes keep
/// coming, batches begin some time apart (`Cadence`), so that more of them share a sync.
/// `submit`, `subscribe` and `health` are for any thread. Source: ADR 0005.
class Committer {
 public:
  /// `tick` is called on the committer thread every `alive_interval` and at the end, with a batch
  /// open.
  using Tick = std::function<void(Transaction&)>;
  Committer(Engine& engine, const Config& config, Stats& stats, Tick tick);
  /// Closes.
  ~Committer();

  /// Queues it. When the queue is full or closed the operation fails with overloaded or closed, and
  /// still completes on its executor, never in this call. An operation that nobody waits for is
  /// never refused because the queue is full: there is at most one a user who comes or goes.
  void submit(OperationPtr operation);
  chat::Version subscribe(Executor executor, chat::Feed::Subscriber subscriber);
  /// unavailable after a failed write, until one has worked: on a disk that was full, when there is
  /// space again; after a failed sync, when the process has been restarted.
  Result<Done> health() const;
  /// Writes what is queued, then ends the thread. Later operations are `closed`.
  void close();

 private:
  using Operations = std::vector<OperationPtr>;
  using Subscribers = std::vector<chat::Feed::Subscriber>;
  /// What one executor gets from one batch, in one post.
  struct Lane {
    Executor executor;
    std::shared_ptr<const Subscribers> subscribers;
    Operations completions;
  };

  using Lock = std::unique_lock<std::mutex>;

  void run();
  void tick();
  bool take(Operations& batch);
  void execute(std::span<OperationPtr> batch);
  rocksdb::Status commit();
  void deliver(std::span<OperationPtr> batch, std::vector<chat::Change> changes);
  void count(const std::vector<chat::Change>& changes);
  std::vector<Lane> subscribed_lanes(const chat::ChangeBatch& batch);
  static Lane& lane_of(std::vector<Lane>& lanes, const Executor& executor);
  static void post(Lane lane, const chat::ChangeBatchPtr& batch);
  void set_health(const rocksdb::Status& status);
  void tell_log(const rocksdb::Status& status, SteadyTime now);

  Engine& engine_;
  const std::size_t max_queued_;
  const std::size_t max_batch_;
  const std::chrono::milliseconds interval_;
  Stats& stats_;
  Tick tick_;
  Transaction transaction_;
  Outage outage_;

  std::mutex queue_mutex_;
  std::condition_variable arrived_;
  Operations queue_;
  Cadence cadence_;

  mutable std::mutex publish_mutex_;
  std::vector<Lane> subscribed_;
  chat::Version published_ = 0;
  std::optional<Error> failure_;

  std::thread thread_;
};

}  // namespace parley::store::embedded
