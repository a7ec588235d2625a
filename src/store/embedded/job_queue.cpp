#include "store/embedded/job_queue.hpp"

#include "base/json.hpp"
#include "jobs/draft.hpp"
#include "net/shard.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/job_board.hpp"
#include "store/embedded/job_source.hpp"

namespace parley::store::embedded {

using jobs::Board;
using jobs::JobId;
using Durability = JobBoard::Durability;

namespace {
/// Rows that one batch of a long removal may erase: the committer serves others in between.
constexpr std::size_t removed_at_once = 1000;
constexpr std::optional<Time> board_time;
}  // namespace

JobQueue::JobQueue(Database& database, jobs::BoardLimits limits)
    : database_(database), board_(std::make_shared<JobBoard>(database.internals(), limits)) {
  submit_errand(database.internals().committer, [board = board_](Transaction& transaction) {
    if (board->open(transaction)) board->write(transaction, Durability::soon);
  });
}

JobQueue::~JobQueue() = default;

std::shared_ptr<jobs::Source> JobQueue::new_source(net::Shard& home) {
  return std::make_shared<JobSource>(database_, board_, home.executor());
}

Task<Result<jobs::Added>> JobQueue::add(jobs::NewJob job, Time now) {
  std::vector<jobs::NewJob> one;
  one.push_back(std::move(job));
  auto added = co_await add_all(std::move(one), now);
  if (!added) co_return added.error();
  co_return std::move(added->front());
}

Task<Result<std::vector<jobs::Added>>> JobQueue::add_all(std::vector<jobs::NewJob> jobs, Time now) {
  if (const auto sound = jobs::check(jobs); !sound) co_return sound.error();
  auto work = [jobs = std::move(jobs)](Board& board, Time at) mutable {
    return board.add(std::move(jobs), at);
  };
  co_return co_await on_board<std::vector<jobs::Added>>(database_.internals(), board_,
                                                        Durability::synced, now, std::move(work));
}

Task<Result<jobs::Counts>> JobQueue::counts() {
  return on_board<jobs::Counts>(database_.internals(), board_, Durability::soon, board_time,
                                [](Board& board, Time) { return board.counts(); });
}

Task<Result<std::vector<jobs::Job>>> JobQueue::list(jobs::State state, jobs::Page page) {
  return on_board<std::vector<jobs::Job>>(
      database_.internals(), board_, Durability::soon, board_time,
      [state, page](Board& board, Time) { return board.list(state, page); });
}

Task<Result<jobs::Job>> JobQueue::get(JobId id) {
  return on_board<jobs::Job>(database_.internals(), board_, Durability::soon, board_time,
                             [id = std::move(id)](Board& board, Time) { return board.get(id); });
}

Task<Result<std::vector<std::string>>> JobQueue::log_of(JobId id, jobs::Page page) {
  return on_board<std::vector<std::string>>(
      database_.internals(), board_, Durability::soon, board_time,
      [id = std::move(id), page](Board& board, Time) { return board.log_of(id, page); });
}

Task<Result<std::vector<jobs::Event>>> JobQueue::events(std::string after, std::size_t limit) {
  return on_board<std::vector<jobs::Event>>(
      database_.internals(), board_, Durability::soon, board_time,
      [after = std::move(after), limit](Board& board, Time) { return board.events(after, limit); });
}

Task<Result<Done>> JobQueue::retry(JobId id, Time now) {
  return on_board<Done>(database_.internals(), board_, Durability::synced, now,
                        [id = std::move(id)](Board& board, Time) { return board.retry(id); });
}

Task<Result<Done>> JobQueue::promote(JobId id, Time now) {
  return on_board<Done>(database_.internals(), board_, Durability::synced, now,
                        [id = std::move(id)](Board& board, Time) { return board.promote(id); });
}

Task<Result<Done>> JobQueue::remove(JobId id) {
  return on_board<Done>(
      database_.internals(), board_, Durability::synced, board_time,
      [id = std::move(id)](Board& board, Time now) { return board.remove(id, now); });
}

Task<Result<Done>> JobQueue::set_progress(JobId id, std::string text) {
  if (const auto parsed = json::parse(text); !parsed) co_return parsed.error();
  auto work = [id = std::move(id), text = std::move(text)](Board& board, Time) mutable {
    return board.set_progress(id, std::move(text));
  };
  co_return co_await on_board<Done>(database_.internals(), board_, Durability::synced, board_time,
                                    std::move(work));
}

Task<Result<Done>> JobQueue::append_log(JobId id, std::string line) {
  return on_board<Done>(database_.internals(), board_, Durability::synced, board_time,
                        [id = std::move(id), line = std::move(line)](Board& board, Time) mutable {
                          return board.append_log(id, std::move(line));
                        });
}

Task<Result<Done>> JobQueue::pause() { return set_paused(true); }
Task<Result<Done>> JobQueue::resume() { return set_paused(false); }

Task<Result<Done>> JobQueue::set_paused(bool is_paused) {
  return on_board<Done>(database_.internals(), board_, Durability::synced, board_time,
                        [is_paused](Board& board, Time) {
                          board.set_paused(is_paused);
                          return Done{};
                        });
}

Task<Result<Done>> JobQueue::drain(bool with_delayed) {
  const auto some = [with_delayed](Board& board, Time) {
    return board.drain(with_delayed, removed_at_once);
  };
  for (std::size_t removed = removed_at_once; removed == removed_at_once;) {
    const auto gone = co_await on_board<std::size_t>(database_.internals(), board_,
                                                     Durability::synced, board_time, some);
    if (!gone) co_return gone.error();
    removed = *gone;
  }
  co_return Done{};
}

Task<Result<std::size_t>> JobQueue::clean(Clean what, Time now) {
  std::size_t removed = 0;
  for (const std::size_t limit = what.limit;;) {
    what.limit = std::min(limit - removed, removed_at_once);
    const auto some = [what](Board& board, Time at) { return board.clean(what, at); };
    const auto gone = co_await on_board<std::size_t>(database_.internals(), board_,
                                                     Durability::synced, now, some);
    if (!gone) co_return gone.error();
    removed += *gone;
    if (*gone < removed_at_once || removed == limit) co_return removed;
  }
}

Task<Result<Done>> JobQueue::obliterate(bool force) {
  const auto some = [force](Board& board, Time) {
    return board.obliterate(force, removed_at_once);
  };
  for (bool is_gone = false; !is_gone;) {
    const auto gone = co_await on_board<bool>(database_.internals(), board_, Durability::synced,
                                              board_time, some);
    if (!gone) co_return gone.error();
    is_gone = *gone;
  }
  co_return Done{};
}

}  // namespace parley::store::embedded
