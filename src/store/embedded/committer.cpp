#include "store/embedded/committer.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "ops/log.hpp"

namespace parley::store::embedded {

Committer::Committer(Engine& engine, const Config& config, Stats& stats, Tick tick)
    : engine_(engine),
      max_queued_(config.max_queued),
      max_batch_(config.max_batch),
      interval_(config.alive_interval),
      stats_(stats),
      tick_(std::move(tick)),
      transaction_(engine, config),
      cadence_(config),
      published_(transaction_.version()),
      thread_([this] { run(); }) {}

Committer::~Committer() { close(); }

void Committer::close() {
  {
    const std::lock_guard lock(queue_mutex_);
    cadence_.close();
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Committer::submit(OperationPtr operation) {
  std::optional<Error> refusal;
  bool wake = false;
  {
    const std::lock_guard lock(queue_mutex_);
    if (cadence_.is_closed()) {
      refusal = fail(Errc::closed, "the store is closed");
    } else if (operation->executor() &&
               stats_.queued.load(std::memory_order_relaxed) >= max_queued_) {
      refusal = fail(Errc::overloaded, "too many writes wait for the disk");
    } else {
      wake = cadence_.add(!operation->can_wait());
      queue_.push_back(std::move(operation));
      stats_.queued.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (wake) arrived_.notify_one();
  if (!refusal) return;
  if (refusal->code == Errc::overloaded)
    stats_.refused_writes.fetch_add(1, std::memory_order_relaxed);
  operation->fail(*refusal);
  if (const Executor* executor = operation->executor()) {
    Lane lane{*executor, nullptr, {}};
    lane.completions.push_back(std::move(operation));
    post(std::move(lane), nullptr);
  }
}

chat::Version Committer::subscribe(Executor executor, chat::Feed::Subscriber subscriber) {
  const std::lock_guard lock(publish_mutex_);
  Lane& lane = lane_of(subscribed_, executor);
  Subscribers all = lane.subscribers ? *lane.subscribers : Subscribers{};
  all.push_back(std::move(subscriber));
  lane.subscribers = std::make_shared<const Subscribers>(std::move(all));
  return published_;
}

Result<Done> Committer::health() const {
  const std::lock_guard lock(publish_mutex_);
  if (failure_) return *failure_;
  return Done{};
}

void Committer::run() {
  pthread_setname_np(pthread_self(), "committer");
  count_nothing();
  Operations taken;
  SteadyTime next_tick = std::chrono::steady_clock::now() + interval_;
  while (take(taken)) {
    for (std::size_t at = 0; at < taken.size(); at += max_batch_) {
      execute(std::span(taken).subspan(at, std::min(max_batch_, taken.size() - at)));
    }
    taken.clear();
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_tick) {
      next_tick = now + interval_;
      tick();
    }
  }
  tick();
}

void Committer::tick() {
  transaction_.begin_operation();
  tick_(transaction_);
  execute({});
}

/// Waits until a batch may begin. False: closed, and nothing is left.
bool Committer::take(Operations& batch) {
  Lock lock(queue_mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (cadence_.end_batch(now)) engine_.pacing().saw_load(now);
  while (const auto until = cadence_.rest(std::chrono::steady_clock::now()))
    arrived_.wait_until(lock, *until);
  batch.swap(queue_);
  cadence_.begin_batch(std::chrono::steady_clock::now());
  return !(cadence_.is_closed() && batch.empty());
}

void Committer::execute(std::span<OperationPtr> batch) {
  for (const OperationPtr& operation : batch) {
    transaction_.begin_operation();
    operation->execute(transaction_);
  }
  const auto status = commit();
  if (!status.ok()) {
    Error error = to_error(status);
    error.code = Errc::unavailable;
    for (const OperationPtr& operation : batch) operation->fail(error);
  }
  const std::size_t count = batch.size();
  // Before anybody hears of it: whoever has an answer waits no more.
  stats_.queued.fetch_sub(count, std::memory_order_relaxed);
  if (count > 0) stats_.batch_operations.observe(0, static_cast<double>(count));
  deliver(batch, transaction_.take_changes());
}

rocksdb::Status Committer::commit() {
  if (transaction_.is_empty()) return transaction_.commit();
  const bool synced = transaction_.needs_sync();
  const auto started = std::chrono::steady_clock::now();
  // After a failed write RocksDB refuses further ones until it has put what it holds into a table,
  // which it does when it is asked to. After a failed sync it refuses that as well, as it should:
  // nobody knows what the disk holds.
  if (!health()) engine_.db().Resume().PermitUncheckedError();
  engine_.hold_something();
  const auto status = transaction_.commit();
  const auto ended = std::chrono::steady_clock::now();
  const std::chrono::duration<double> taken = ended - started;
  set_health(status);
  tell_log(status, ended);
  (status.ok() ? stats_.commits : stats_.failed_commits).fetch_add(1, std::memory_order_relaxed);
  if (status.ok() && synced) {
    stats_.synced_commits.fetch_add(1, std::memory_order_relaxed);
    stats_.commit_seconds.observe(0, taken.count());
  }
  return status;
}

void Committer::set_health(const rocksdb::Status& status) {
  const std::lock_guard lock(publish_mutex_);
  if (status.ok()) {
    failure_.reset();
  } else {
    failure_ = fail(Errc::unavailable, "the last write failed: " + status.ToString());
  }
}

void Committer::tell_log(const rocksdb::Status& status, SteadyTime now) {
  const auto news = outage_.on_write(status.ok(), now);
  if (news == Outage::News::began)
    ops::log().error("messages cannot be stored", {{"reason", status.ToString()}});
  if (news == Outage::News::ended) ops::log().info("messages are stored again");
}

/// The feed first, then the completions, in one post an executor: a shard is woken once.
void Committer::deliver(std::span<OperationPtr> batch, std::vector<chat::Change> changes) {
  chat::ChangeBatchPtr published;
  std::vector<Lane> lanes;
  if (!changes.empty()) {
    count(changes);
    published = std::make_shared<const chat::ChangeBatch>(
        chat::ChangeBatch{std::move(changes), transaction_.version()});
    lanes = subscribed_lanes(*published);
  }
  for (OperationPtr& operation : batch) {
    if (const Executor* executor = operation->executor()) {
      lane_of(lanes, *executor).completions.push_back(std::move(operation));
    }
  }
  for (Lane& lane : lanes) post(std::move(lane), published);
}

void Committer::count(const std::vector<chat::Change>& changes) {
  std::uint64_t messages = 0;
  for (const chat::Change& change : changes)
    messages += std::holds_alternative<chat::MessageAppended>(change);
  stats_.messages_appended.fetch_add(messages, std::memory_order_relaxed);
  stats_.marks_advanced.fetch_add(changes.size() - messages, std::memory_order_relaxed);
}

std::vector<Committer::Lane> Committer::subscribed_lanes(const chat::ChangeBatch& batch) {
  const std::lock_guard lock(publish_mutex_);
  published_ = batch.last_version;
  std::vector<Lane> lanes;
  for (const Lane& lane : subscribed_) lanes.push_back({lane.executor, lane.subscribers, {}});
  return lanes;
}

Committer::Lane& Committer::lane_of(std::vector<Lane>& lanes, const Executor& executor) {
  const auto same = [&](const Lane& lane) {
    return &lane.executor.context() == &executor.context();
  };
  const auto found = std::find_if(lanes.begin(), lanes.end(), same);
  if (found != lanes.end()) return *found;
  return lanes.emplace_back(Lane{executor, nullptr, {}});
}

void Committer::post(Lane lane, const chat::ChangeBatchPtr& batch) {
  const Executor executor = lane.executor;
  asio::post(executor, [lane = std::move(lane), batch]() mutable {
    if (batch && lane.subscribers) {
      for (const auto& subscriber : *lane.subscribers) subscriber(batch);
    }
    for (OperationPtr& operation : lane.completions) {
      operation->complete();
      operation.reset();
    }
  });
}

}  // namespace parley::store::embedded
