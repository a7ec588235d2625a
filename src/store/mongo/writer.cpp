#include "store/mongo/writer.hpp"

#include <pthread.h>

#include <algorithm>

#include "ops/log.hpp"
#include "store/mongo/round.hpp"

namespace parley::store::mongo {

namespace {
constexpr std::size_t max_repairs = 1'000;
}

Writer::Writer(Context& context, Client& client)
    : context_(context), client_(client), cache_(context) {
  context_.feed.set_arrived([this](const chat::ChangeBatchPtr& batch) { cache_.arrived(batch); });
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  close();
  context_.feed.set_arrived(nullptr);
}

void Writer::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::submit(OperationPtr operation) {
  std::optional<Error> refusal;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      refusal = fail(Errc::closed, "the store is closed");
    } else if (context_.stats.queued.load(std::memory_order_relaxed) >=
               context_.config.max_queued) {
      refusal = fail(Errc::overloaded, "too many writes wait for the database");
    } else {
      queue_.push_back(std::move(operation));
      context_.stats.queued.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (refusal) {
    refuse(std::move(operation), *refusal);
  } else {
    arrived_.notify_one();
  }
}

void Writer::refuse(OperationPtr operation, const Error& error) {
  if (error.code == Errc::overloaded)
    context_.stats.refused_writes.fetch_add(1, std::memory_order_relaxed);
  operation->fail(error);
  std::vector<WaitingPtr> waiting;
  waiting.push_back(std::move(operation));
  context_.feed.publish({}, std::move(waiting));
}

void Writer::repair(chat::ConversationId conversation) {
  const std::lock_guard lock(mutex_);
  if (closed_ || queue_.size() >= max_repairs) return;
  const bool is_known = std::any_of(queue_.begin(), queue_.end(), [&](const OperationPtr& one) {
    const auto* repair = std::get_if<RepairWork>(&one->work);
    return repair != nullptr && repair->conversation == conversation;
  });
  if (is_known) return;
  queue_.push_back(std::make_unique<Errand>(RepairWork{conversation, {}}));
  context_.stats.queued.fetch_add(1, std::memory_order_relaxed);
  arrived_.notify_one();
}

void Writer::run() {
  pthread_setname_np(pthread_self(), "writer");
  Operations waiting;
  while (take(waiting)) {
    const auto most = std::min(waiting.size(), context_.config.max_batch);
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(most);
    Operations left =
        execute({std::make_move_iterator(waiting.begin()), std::make_move_iterator(end)});
    waiting.erase(waiting.begin(), end);
    waiting.insert(waiting.begin(), std::make_move_iterator(left.begin()),
                   std::make_move_iterator(left.end()));
  }
}

/// What came meanwhile, behind what waits already. False: closed, and nothing is left.
bool Writer::take(Operations& waiting) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return !waiting.empty() || !queue_.empty() || closed_; });
  waiting.insert(waiting.end(), std::make_move_iterator(queue_.begin()),
                 std::make_move_iterator(queue_.end()));
  queue_.clear();
  return !waiting.empty();
}

/// One round. Gives what it leaves to the next one.
Operations Writer::execute(Operations batch) {
  const SteadyTime started = std::chrono::steady_clock::now();
  std::vector<chat::Change> changes;
  std::optional<Error> failure;
  if (auto lease = client_.lease()) {
    const SteadyTime deadline =
        std::min(started + context_.config.write_deadline, client_.closes_at());
    Round round(context_, cache_, *lease, deadline, unwritten_);
    changes = round.run(batch);
    failure = round.failure();
    for (const chat::ConversationId& id : round.unrecorded()) repair(id);
  } else {
    failure = lease.error();
    for (const OperationPtr& one : batch) one->fail(*failure);
  }
  cache_.trim();
  Stats& stats = context_.stats;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  stats.round_seconds.observe(0, taken.count());
  stats.round_operations.observe(0, static_cast<double>(batch.size()));
  stats.rounds.fetch_add(1, std::memory_order_relaxed);
  if (failure) report(*failure, batch.size());
  const auto answered = std::stable_partition(
      batch.begin(), batch.end(), [](const OperationPtr& one) { return !one->is_answered(); });
  std::vector<WaitingPtr> waiting(std::make_move_iterator(answered),
                                  std::make_move_iterator(batch.end()));
  batch.erase(answered, batch.end());
  // Before anybody hears of it: whoever has an answer waits no more.
  stats.queued.fetch_sub(waiting.size(), std::memory_order_relaxed);
  context_.feed.publish(std::move(changes), std::move(waiting));
  return batch;
}

/// A database that is away fails every round: one line a second says so.
void Writer::report(const Error& failure, std::size_t operations) {
  const std::uint64_t failed =
      context_.stats.failed_rounds.fetch_add(1, std::memory_order_relaxed) + 1;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (reported_ && now - *reported_ < std::chrono::seconds{1}) return;
  reported_ = now;
  ops::log().warn("a write to the database failed", {{"reason", failure.detail},
                                                     {"code", info(failure.code).code},
                                                     {"operations", operations},
                                                     {"failed_rounds", failed}});
}

}  // namespace parley::store::mongo
