#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "jobs/board.hpp"
#include "net/signal.hpp"
#include "store/embedded/internals.hpp"

namespace parley::store::embedded {

/// Somebody on the shard of `home` who waits for jobs. `wake` is for any thread, the rest for that
/// shard.
class JobWaiter : public std::enable_shared_from_this<JobWaiter> {
 public:
  explicit JobWaiter(Executor home) : home_(home), signal_(home) {}

  void wake();
  net::Signal& signal() { return signal_; }

 private:
  Executor home_;
  net::Signal signal_;
  std::atomic<bool> is_posted_ = false;
};

/// The queue's board with its rows, on the committer thread, and who waits for its jobs. After a
/// batch that failed, the board is read again from the rows.
class JobBoard final : public std::enable_shared_from_this<JobBoard>, private jobs::Journal {
 public:
  JobBoard(Internals& internals, jobs::BoardLimits limits);

  // On the committer thread:

  /// The board as the rows say. After it `write`, whatever became of the step. unavailable,
  /// corrupt: the rows cannot be read.
  Result<jobs::Board*> open(Transaction& transaction);
  enum class Durability {
    synced,
    soon,  ///< Lost with the machine, not with the program.
  };
  /// Puts the rows that have changed since `open` into the batch.
  void write(Transaction& transaction, Durability durability);
  /// Adds the job of something else that is in this batch. What the queue refuses is logged and
  /// counted (Stats::refused_jobs), and stops nothing. False unless there is a new job.
  bool add(Transaction& transaction, jobs::NewJob job, Time now);
  /// The time that a caller told last, and what has passed since then.
  Time now() const;
  void saw(Time now);

  // Any thread:

  std::shared_ptr<JobWaiter> new_waiter(Executor home);

 private:
  void job_changed(const jobs::JobId& id) override { jobs_.insert(id); }
  void log_changed(const jobs::JobId& id) override { logs_.insert(id); }
  void owner_changed(const std::string& id) override { owners_.insert(id); }
  void meta_changed() override { is_meta_changed_ = true; }
  void work_arrived() override { is_work_there_ = true; }

  bool is_stale(const Transaction& transaction) const;
  Result<Done> read();
  Result<Done> read_jobs(jobs::Board& board);
  Result<Done> read_the_rest(jobs::Board& board);
  bool has_changes() const;
  void put_changes(Transaction& transaction);
  Result<jobs::Added> try_add(Transaction& transaction, jobs::NewJob job, Time now);
  void committed();
  void forget_changes();
  void wake_all();

  Internals& internals_;
  const jobs::BoardLimits limits_;
  std::unique_ptr<jobs::Board> board_;
  bool is_recovered_ = false;  ///< What ran before this start is stalled, durably.
  /// The batch that holds changes, by the rollbacks before it; nullopt: all is committed.
  std::optional<std::uint64_t> uncommitted_;

  std::set<std::string> jobs_, logs_, owners_;  ///< Changed since open().
  bool is_meta_changed_ = false;
  bool is_work_there_ = false;

  Time told_{};
  SteadyTime told_at_{};
  SteadyTime next_complaint_{};

  std::mutex waiters_mutex_;
  std::vector<std::weak_ptr<JobWaiter>> waiters_;
};

/// One step of the board, `work(board, now)`, in a batch of its own or with others. Without `now`
/// it is the board's.
template <class T, class Work>
Task<Result<T>> on_board(Internals& internals, std::shared_ptr<JobBoard> board,
                         JobBoard::Durability durability, std::optional<Time> now, Work work) {
  auto step = [board = std::move(board), durability, now,
               work = std::move(work)](Transaction& transaction) mutable -> Result<T> {
    const auto opened = board->open(transaction);
    if (!opened) return opened.error();
    if (now) board->saw(*now);
    Result<T> result = work(**opened, now.value_or(board->now()));
    board->write(transaction, durability);
    return result;
  };
  return submit<T>(internals.committer, std::move(step));
}

}  // namespace parley::store::embedded
