#include "jobs/fakes/memory_queue.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "jobs/draft.hpp"
#include "jobs/fakes/board.hpp"

namespace parley::jobs::fakes {

namespace {

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::shared_ptr<Board> board)
      : board_(std::move(board)), signal_(board_->new_waiter()) {}

  Task<Result<Done>> open() override { co_return Done{}; }
  Task<Result<Taken>> take(Taking how, Time now) override { co_return board_->take(how, now); }
  Task<Result<Taken>> settle(Ending ending, std::optional<Taking> next, Time now) override {
    co_return board_->settle(ending, next, now);
  }
  Task<Result<std::vector<JobId>>> extend(std::vector<Lock> locks,
                                          std::chrono::milliseconds lock) override {
    co_return board_->extend(locks, lock);
  }
  Task<Result<std::vector<JobId>>> rescue(Stalled how, Time now) override {
    co_return board_->rescue(how, now);
  }
  Task<Result<Done>> wait(std::chrono::milliseconds limit) override {
    const auto signal = signal_;
    co_await signal->wait(limit);
    co_return Done{};
  }
  void wake() override { signal_->notify(); }

 private:
  std::shared_ptr<Board> board_;
  std::shared_ptr<detail::Signal> signal_;
};

/// Part of `all`.
template <class T>
std::vector<T> cut(std::vector<T> all, Page page) {
  const std::size_t from = std::min(page.offset, all.size());
  const std::size_t count = std::min({page.limit, Page::max_page, all.size() - from});
  return {all.begin() + static_cast<std::ptrdiff_t>(from),
          all.begin() + static_cast<std::ptrdiff_t>(from + count)};
}

}  // namespace

MemoryQueue::MemoryQueue(Executor executor) : board_(std::make_shared<Board>(executor)) {}
MemoryQueue::~MemoryQueue() = default;

std::shared_ptr<Source> MemoryQueue::new_source() { return std::make_shared<MemorySource>(board_); }

Task<Result<Added>> MemoryQueue::add(NewJob job, Time now) {
  std::vector<NewJob> one;
  one.push_back(std::move(job));
  if (const auto sound = check(one); !sound) co_return sound.error();
  co_return board_->add(std::move(one.front()), now);
}

Task<Result<std::vector<Added>>> MemoryQueue::add_all(std::vector<NewJob> jobs, Time now) {
  if (const auto sound = check(jobs); !sound) co_return sound.error();
  std::vector<Added> added;
  for (NewJob& job : jobs) added.push_back(board_->add(std::move(job), now));
  co_return added;
}

Task<Result<Counts>> MemoryQueue::counts() { co_return board_->counts(); }

Task<Result<std::vector<Job>>> MemoryQueue::list(State state, Page page) {
  if (state == State::none) co_return fail(Errc::bad_request, "no such list");
  std::vector<Job> jobs;
  for (const JobId& id : cut(board_->ids(state), page)) jobs.push_back(*board_->find(id));
  co_return jobs;
}

Task<Result<Job>> MemoryQueue::get(JobId id) {
  const Job* job = board_->find(id);
  if (job == nullptr) co_return fail(Errc::not_found, "no such job");
  co_return *job;
}

Task<Result<std::vector<std::string>>> MemoryQueue::log_of(JobId id, Page page) {
  const auto found = board_->logs.find(id);
  co_return found == board_->logs.end() ? std::vector<std::string>{} : cut(found->second, page);
}

Task<Result<std::vector<Event>>> MemoryQueue::events(std::string after, std::size_t limit) {
  co_return board_->events(after, std::min(std::max<std::size_t>(limit, 1), Page::max_page));
}

Task<Result<Done>> MemoryQueue::retry(JobId id, Time) { co_return board_->retry(id); }
Task<Result<Done>> MemoryQueue::promote(JobId id, Time) { co_return board_->promote(id); }
Task<Result<Done>> MemoryQueue::remove(JobId id) { co_return board_->remove(id); }

Task<Result<Done>> MemoryQueue::set_progress(JobId id, std::string text) {
  if (const auto parsed = json::parse(text); !parsed) co_return parsed.error();
  Job* job = board_->find(id);
  if (job == nullptr) co_return fail(Errc::not_found, "no such job");
  job->progress = text;
  board_->tell({{}, "progress", {{"jobId", id}, {"data", text}}});
  co_return Done{};
}

Task<Result<Done>> MemoryQueue::append_log(JobId id, std::string line) {
  const Job* job = board_->find(id);
  if (job == nullptr) co_return fail(Errc::not_found, "no such job");
  auto& lines = board_->logs[id];
  lines.push_back(std::move(line));
  const std::size_t keep = std::max<std::size_t>(job->options.keep_logs.value_or(1000), 1);
  if (lines.size() > keep) lines.erase(lines.begin());
  co_return Done{};
}

Task<Result<Done>> MemoryQueue::pause() {
  board_->set_paused(true);
  co_return Done{};
}

Task<Result<Done>> MemoryQueue::resume() {
  board_->set_paused(false);
  co_return Done{};
}

Task<Result<Done>> MemoryQueue::drain(bool with_delayed) {
  for (const State state : {State::waiting, State::prioritized, State::delayed}) {
    if (state == State::delayed && !with_delayed) break;
    for (const JobId& id : board_->ids(state)) board_->erase(id);
  }
  co_return Done{};
}

Task<Result<std::size_t>> MemoryQueue::clean(Clean what, Time now) {
  if (what.state == State::none || what.state == State::active)
    co_return fail(Errc::bad_request, "such jobs cannot be cleaned");
  std::vector<JobId> ids = board_->ids(what.state);
  const bool is_finished = what.state == State::completed || what.state == State::failed;
  if (is_finished) std::reverse(ids.begin(), ids.end());
  std::size_t count = 0;
  for (const JobId& id : ids) {
    const Job& job = *board_->find(id);
    const Time since = is_finished ? *job.finished_at : job.created_at;
    if (count == what.limit || since > now - what.grace) continue;
    board_->erase(id);
    ++count;
  }
  board_->tell({{}, "cleaned", {{"count", std::to_string(count)}}});
  co_return count;
}

Task<Result<Done>> MemoryQueue::obliterate(bool force) {
  const Counts counts = board_->counts();
  if (!counts.paused) co_return fail(Errc::conflict, "the queue is not paused");
  if (counts.active > 0 && !force) co_return fail(Errc::conflict, "jobs are running");
  board_->clear();
  co_return Done{};
}

}  // namespace parley::jobs::fakes
