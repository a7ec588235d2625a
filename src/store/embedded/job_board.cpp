#include "store/embedded/job_board.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "jobs/draft.hpp"
#include "ops/log.hpp"
#include "store/embedded/job_queue.hpp"
#include "store/embedded/job_rows.hpp"
#include "store/embedded/walk.hpp"

namespace parley::store::embedded {

namespace {

constexpr std::chrono::seconds lock_after_a_failure{30};
constexpr std::chrono::seconds between_complaints{1};

/// Calls `keep(key, value)` with each row of a kind, as it is in the database; what `keep` refuses
/// is damaged: told, left where it is, and done without.
template <class Keep>
Result<Done> read_rows(Engine& engine, char tag, Keep keep) {
  Walk row(engine, nullptr, Table::people, tag);
  std::uint64_t damaged = 0;
  for (; row.valid(); row.next()) damaged += !keep(std::string{row.key().rest()}, row.value());
  if (damaged > 0)
    ops::log().error("damaged rows of the job queue are passed over: see parley verify-store",
                     {{"kind", std::string(1, tag)}, {"count", damaged}});
  if (!row.status().ok()) return to_error(row.status());
  return Done{};
}

void tell_of(const std::vector<jobs::JobId>& stalled, const jobs::Board& board) {
  const auto given_up = std::count_if(stalled.begin(), stalled.end(), [&board](const auto& id) {
    return !board.find(id)->job.deferred_failure.empty();
  });
  const std::size_t again = stalled.size() - static_cast<std::size_t>(given_up);
  if (again > 0)
    ops::log().warn("jobs were running when the program ended: they run again", {{"count", again}});
  if (given_up > 0)
    ops::log().error("jobs were running each time the program ended: they are given up",
                     {{"count", given_up}, {"ends", JobQueue::max_stalled + 1}});
}

std::uint64_t microseconds(Time time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(to_unix_ms(time), 0)) * 1000;
}

}  // namespace

void JobWaiter::wake() {
  if (is_posted_.exchange(true)) return;
  asio::post(home_, [self = shared_from_this()] {
    self->is_posted_ = false;
    self->signal_.notify();
  });
}

JobBoard::JobBoard(Internals& internals, jobs::BoardLimits limits)
    : internals_(internals), limits_(limits) {}

bool JobBoard::is_stale(const Transaction& transaction) const {
  return board_ == nullptr || (uncommitted_ && *uncommitted_ != transaction.rollbacks());
}

Result<jobs::Board*> JobBoard::open(Transaction& transaction) {
  if (is_stale(transaction)) {
    if (const auto read_again = read(); !read_again) return read_again.error();
  }
  return board_.get();
}

Result<Done> JobBoard::read() {
  const std::uint64_t told = board_ ? board_->next_event() : 0;
  board_.reset();
  uncommitted_.reset();
  forget_changes();
  is_work_there_ = false;
  const Time now = internals_.config.clock();
  jobs::Journal& journal = *this;
  auto board = std::make_unique<jobs::Board>(journal, limits_, std::max(told, microseconds(now)));
  if (auto jobs = read_jobs(*board); !jobs) return jobs;
  if (auto rest = read_the_rest(*board); !rest) return rest;
  if (is_recovered_) {
    board->relock(lock_after_a_failure, this->now());
  } else if (const auto stalled = board->recover(JobQueue::max_stalled, now); stalled.empty()) {
    is_recovered_ = true;
  } else {
    tell_of(stalled, *board);
  }
  board_ = std::move(board);
  return Done{};
}

Result<Done> JobBoard::read_jobs(jobs::Board& board) {
  return read_rows(*internals_.engine, keys::job_tag, [&](std::string id, std::string_view value) {
    auto job = decode_job(std::move(id), value);
    return job && board.restore(std::move(*job));
  });
}

Result<Done> JobBoard::read_the_rest(jobs::Board& board) {
  Engine& engine = *internals_.engine;
  auto owners = read_rows(engine, keys::job_owner_tag, [&](std::string id, std::string_view value) {
    auto owner = decode_job_owner(value);
    if (owner) board.restore(std::move(id), std::move(*owner));
    return owner.has_value();
  });
  if (!owners) return owners;
  auto logs = read_rows(engine, keys::job_log_tag, [&](std::string id, std::string_view value) {
    auto log = decode_job_log(value);
    if (log && board.find(id) != nullptr) board.restore(id, std::move(*log));
    return log.has_value();
  });
  if (!logs) return logs;
  std::string value;
  const Key key = keys::meta("jobs");
  const auto status = engine.db().Get({}, engine.table(key.table), key.bytes.view(), &value);
  if (status.IsNotFound()) return Done{};
  if (!status.ok()) return to_error(status);
  const auto meta = decode_job_meta(value);
  if (!meta) return fail(Errc::corrupt, "the row of the job queue is damaged");
  board.restore(*meta);
  return Done{};
}

bool JobBoard::has_changes() const {
  return is_meta_changed_ || !jobs_.empty() || !owners_.empty() || !logs_.empty();
}

void JobBoard::write(Transaction& transaction, Durability durability) {
  const bool has_rows = has_changes();
  if (has_rows) {
    put_changes(transaction);
    if (durability == Durability::synced) transaction.require_sync();
  }
  if (uncommitted_ || !(has_rows || is_work_there_)) return;
  uncommitted_ = transaction.rollbacks();
  transaction.once_committed([self = shared_from_this()] { self->committed(); });
}

void JobBoard::put_changes(Transaction& transaction) {
  const auto put = [&transaction](const Key& key, const auto* row) {
    if (row != nullptr) {
      transaction.put(key, encode(*row));
    } else {
      transaction.erase(key);
    }
  };
  for (const std::string& id : jobs_) put(keys::job(id), board_->find(id));
  for (const std::string& id : owners_) put(keys::job_owner(id), board_->owner(id));
  for (const std::string& id : logs_) put(keys::job_log(id), board_->log(id));
  const jobs::Board::Meta meta = board_->meta();
  if (is_meta_changed_) put(keys::meta("jobs"), &meta);
  forget_changes();
}

void JobBoard::forget_changes() {
  jobs_.clear();
  logs_.clear();
  owners_.clear();
  is_meta_changed_ = false;
}

void JobBoard::committed() {
  uncommitted_.reset();
  is_recovered_ = true;
  if (std::exchange(is_work_there_, false)) wake_all();
}

bool JobBoard::add(Transaction& transaction, jobs::NewJob job, Time now) {
  const auto added = try_add(transaction, std::move(job), now);
  if (added) return added->is_new;
  internals_.stats.refused_jobs.fetch_add(1, std::memory_order_relaxed);
  const SteadyTime steady = std::chrono::steady_clock::now();
  if (steady < next_complaint_) return false;
  next_complaint_ = steady + between_complaints;
  ops::log().error("the job of a message is not queued", {{"reason", added.error().detail}});
  return false;
}

Result<jobs::Added> JobBoard::try_add(Transaction& transaction, jobs::NewJob job, Time now) {
  std::vector<jobs::NewJob> one;
  one.push_back(std::move(job));
  if (const auto sound = jobs::check(one); !sound) return sound.error();
  const auto opened = open(transaction);
  if (!opened) return opened.error();
  saw(now);
  auto added = (*opened)->add(std::move(one), now);
  write(transaction, Durability::synced);
  if (!added) return added.error();
  return std::move(added->front());
}

Time JobBoard::now() const {
  if (told_ == Time{}) return internals_.config.clock();
  const auto passed = std::chrono::steady_clock::now() - told_at_;
  return told_ + std::chrono::duration_cast<std::chrono::milliseconds>(passed);
}

void JobBoard::saw(Time now) {
  told_ = now;
  told_at_ = std::chrono::steady_clock::now();
}

std::shared_ptr<JobWaiter> JobBoard::new_waiter(Executor home) {
  auto waiter = std::make_shared<JobWaiter>(home);
  const std::lock_guard lock(waiters_mutex_);
  std::erase_if(waiters_, [](const auto& one) { return one.expired(); });
  waiters_.push_back(waiter);
  return waiter;
}

void JobBoard::wake_all() {
  const std::lock_guard lock(waiters_mutex_);
  for (const auto& one : waiters_) {
    if (const auto waiter = one.lock()) waiter->wake();
  }
}

}  // namespace parley::store::embedded
