#include "store/embedded/job_source.hpp"

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/job_board.hpp"

namespace parley::store::embedded {

using jobs::Board;
using Durability = JobBoard::Durability;

JobSource::JobSource(Database& database, std::shared_ptr<JobBoard> board, Executor home)
    : database_(database), board_(std::move(board)), waiter_(board_->new_waiter(home)) {}

JobSource::~JobSource() = default;

Task<Result<Done>> JobSource::open() {
  return on_board<Done>(database_.internals(), board_, Durability::soon, std::nullopt,
                        [](Board&, Time) { return Done{}; });
}

/// Not synced: a take that is lost with the machine is a run that nobody can prove.
Task<Result<jobs::Taken>> JobSource::take(jobs::Taking how, Time now) {
  return on_board<jobs::Taken>(
      database_.internals(), board_, Durability::soon, now,
      [how = std::move(how)](Board& board, Time at) { return board.take(how, at); });
}

Task<Result<jobs::Taken>> JobSource::settle(jobs::Ending ending, std::optional<jobs::Taking> next,
                                            Time now) {
  return on_board<jobs::Taken>(
      database_.internals(), board_, Durability::synced, now,
      [ending = std::move(ending), next = std::move(next)](Board& board, Time at) {
        return board.settle(ending, next, at);
      });
}

Task<Result<std::vector<jobs::Token>>> JobSource::extend(std::vector<jobs::Lock> locks,
                                                         std::chrono::milliseconds lock, Time now) {
  return on_board<std::vector<jobs::Token>>(
      database_.internals(), board_, Durability::soon, now,
      [locks = std::move(locks), lock](Board& board, Time at) {
        return board.extend(locks, lock, at);
      });
}

Task<Result<std::vector<jobs::JobId>>> JobSource::rescue(Stalled how, Time now) {
  return on_board<std::vector<jobs::JobId>>(
      database_.internals(), board_, Durability::soon, now,
      [how](Board& board, Time at) { return board.rescue(how, at); });
}

Task<Result<Done>> JobSource::wait(std::chrono::milliseconds limit) {
  const auto waiter = waiter_;
  co_await waiter->signal().wait(limit);
  co_return Done{};
}

void JobSource::wake() { waiter_->signal().notify(); }

}  // namespace parley::store::embedded
