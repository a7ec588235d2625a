#include "jobs/fakes/memory_queue.hpp"

#include <limits>
#include <utility>

#include "base/json.hpp"
#include "jobs/board.hpp"
#include "jobs/draft.hpp"
#include "net/signal.hpp"

namespace parley::jobs::fakes {

/// A board that nobody stores, and who waits for its jobs.
class MemoryQueue::State final : public Journal {
 public:
  explicit State(Executor executor) : executor_(executor) {}

  Board& board() { return board_; }
  std::shared_ptr<net::Signal> new_waiter() {
    auto waiter = std::make_shared<net::Signal>(executor_);
    waiters_.push_back(waiter);
    return waiter;
  }
  void work_arrived() override {
    for (const auto& waiter : waiters_) {
      if (const auto signal = waiter.lock()) signal->notify();
    }
  }

 private:
  Executor executor_;
  std::vector<std::weak_ptr<net::Signal>> waiters_;
  Board board_{*this};
};

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

}  // namespace

class MemoryQueue::MemorySource final : public Source {
 public:
  explicit MemorySource(std::shared_ptr<State> state)
      : state_(std::move(state)), signal_(state_->new_waiter()) {}

  Task<Result<Done>> open() override { co_return Done{}; }
  Task<Result<Taken>> take(Taking how, Time now) override {
    co_return state_->board().take(how, now);
  }
  Task<Result<Taken>> settle(Ending ending, std::optional<Taking> next, Time now) override {
    co_return state_->board().settle(ending, next, now);
  }
  Task<Result<std::vector<Token>>> extend(std::vector<Lock> locks, std::chrono::milliseconds lock,
                                          Time now) override {
    co_return state_->board().extend(locks, lock, now);
  }
  Task<Result<std::vector<JobId>>> rescue(Stalled how, Time now) override {
    co_return state_->board().rescue(how, now);
  }
  Task<Result<Done>> wait(std::chrono::milliseconds limit) override {
    const auto signal = signal_;
    co_await signal->wait(limit);
    co_return Done{};
  }
  void wake() override { signal_->notify(); }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<net::Signal> signal_;
};

MemoryQueue::MemoryQueue(Executor executor) : state_(std::make_shared<State>(executor)) {}
MemoryQueue::~MemoryQueue() = default;

std::shared_ptr<Source> MemoryQueue::new_source() { return std::make_shared<MemorySource>(state_); }

Task<Result<Added>> MemoryQueue::add(NewJob job, Time now) {
  std::vector<NewJob> one;
  one.push_back(std::move(job));
  if (const auto sound = check(one); !sound) co_return sound.error();
  auto added = state_->board().add(std::move(one), now);
  if (!added) co_return added.error();
  co_return std::move(added->front());
}

Task<Result<std::vector<Added>>> MemoryQueue::add_all(std::vector<NewJob> jobs, Time now) {
  if (const auto sound = check(jobs); !sound) co_return sound.error();
  co_return state_->board().add(std::move(jobs), now);
}

Task<Result<Counts>> MemoryQueue::counts() { co_return state_->board().counts(); }

Task<Result<std::vector<Job>>> MemoryQueue::list(jobs::State state, Page page) {
  co_return state_->board().list(state, page);
}

Task<Result<Job>> MemoryQueue::get(JobId id) { co_return state_->board().get(id); }

Task<Result<std::vector<std::string>>> MemoryQueue::log_of(JobId id, Page page) {
  co_return state_->board().log_of(id, page);
}

Task<Result<std::vector<Event>>> MemoryQueue::events(std::string after, std::size_t limit) {
  co_return state_->board().events(after, limit);
}

Task<Result<Done>> MemoryQueue::retry(JobId id, Time) { co_return state_->board().retry(id); }
Task<Result<Done>> MemoryQueue::promote(JobId id, Time) { co_return state_->board().promote(id); }
Task<Result<Done>> MemoryQueue::remove(JobId id) {
  Board& board = state_->board();
  co_return board.remove(id, board.now());
}

Task<Result<Done>> MemoryQueue::set_progress(JobId id, std::string text) {
  if (const auto parsed = json::parse(text); !parsed) co_return parsed.error();
  co_return state_->board().set_progress(id, std::move(text));
}

Task<Result<Done>> MemoryQueue::append_log(JobId id, std::string line) {
  co_return state_->board().append_log(id, std::move(line));
}

Task<Result<Done>> MemoryQueue::pause() {
  state_->board().set_paused(true);
  co_return Done{};
}

Task<Result<Done>> MemoryQueue::resume() {
  state_->board().set_paused(false);
  co_return Done{};
}

Task<Result<Done>> MemoryQueue::drain(bool with_delayed) {
  state_->board().drain(with_delayed, all);
  co_return Done{};
}

Task<Result<std::size_t>> MemoryQueue::clean(Clean what, Time now) {
  co_return state_->board().clean(what, now);
}

Task<Result<Done>> MemoryQueue::obliterate(bool force) {
  const auto gone = state_->board().obliterate(force, all);
  if (!gone) co_return gone.error();
  co_return Done{};
}

}  // namespace parley::jobs::fakes
