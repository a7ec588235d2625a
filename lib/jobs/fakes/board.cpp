#include "jobs/fakes/board.hpp"

#include <algorithm>
#include <cstdio>

namespace parley::jobs::fakes {

namespace {

constexpr std::uint64_t turns_of_a_priority = std::uint64_t{1} << 32;

template <class List>
void erase_from(List& list, const JobId& id) {
  list.erase(std::remove(list.begin(), list.end(), id), list.end());
}

/// Of a set of (order, id).
template <class Set>
void erase_id(Set& set, const JobId& id) {
  const auto found =
      std::find_if(set.begin(), set.end(), [&id](const auto& one) { return one.second == id; });
  if (found != set.end()) set.erase(found);
}

Event queue_event(std::string name) { return {{}, std::move(name), {}}; }

}  // namespace

Added Board::add(NewJob draft, Time now) {
  now_ = std::max(now_, now);
  JobId id = std::to_string(++ids_);
  if (!draft.options.id.empty()) id = draft.options.id;
  if (jobs_.count(id) != 0) {
    tell({{}, "duplicated", {{"jobId", id}}});
    return {id, false};
  }
  if (draft.options.deduplication) {
    const auto claimed = claim_for(draft, id, now);
    if (claimed && !claimed->is_new) return *claimed;
  }
  Job job = new_job(std::move(draft), id, now);
  tell_all(events_of_add(job));
  put_in(job, job.options.lifo);
  jobs_.emplace(id, std::move(job));
  return {id, true};
}

Result<Added> Board::claim_for(const NewJob& draft, const JobId& id, Time now) {
  const Deduplication& wanted = *draft.options.deduplication;
  const auto known = owners_.find(wanted.id);
  std::optional<Owner> owner;
  if (known != owners_.end()) owner = known->second;
  const Job* owning = owner ? find(owner->job) : nullptr;
  const Claim claimed = claim(wanted, owner, owning ? owning->state : State::none, now);
  std::optional<Time> until;
  if (wanted.ttl) until = now + *wanted.ttl;
  if (claimed == Claim::refused) {
    if (wanted.extend && until) owners_[wanted.id].until = until;
    tell({{},
          "deduplicated",
          {{"jobId", owner->job}, {"deduplicationId", wanted.id}, {"deduplicatedJobId", id}}});
    return Added{owner->job, false};
  }
  if (claimed == Claim::replaces) {
    if (!wanted.extend) until = owner->until;
    erase(owner->job);
    tell({{}, "removed", {{"jobId", owner->job}, {"prev", "delayed"}}});
    tell({{},
          "deduplicated",
          {{"jobId", id}, {"deduplicationId", wanted.id}, {"deduplicatedJobId", owner->job}}});
  }
  owners_[wanted.id] = {id, until};
  return Added{id, true};
}

void Board::promote_due(Time now) {
  while (!delayed_.empty() && delayed_.begin()->first.first <= now) {
    Job& job = jobs_.at(delayed_.begin()->second);
    take_out(job);
    tell(jobs::promote(job));
    put_in(job);
  }
}

bool Board::is_over_rate(const Taking& how, Time now) {
  if (!how.rate) return false;
  if (now >= window_end_) started_in_window_ = 0;
  return started_in_window_ >= how.rate->max;
}

std::optional<JobId> Board::next_id() {
  if (!waiting_.empty()) return waiting_.front();
  if (!prioritized_.empty()) return prioritized_.begin()->second;
  turns_ = 0;
  return std::nullopt;
}

Taken Board::take(const Taking& how, Time now) {
  now_ = std::max(now_, now);
  promote_due(now);
  if (is_over_rate(how, now)) return {std::nullopt, window_end_};
  if (is_paused_) return {};
  const auto id = next_id();
  if (!id) {
    if (delayed_.empty()) return {};
    return {std::nullopt, delayed_.begin()->first.first};
  }
  if (how.rate && started_in_window_++ == 0) window_end_ = now + how.rate->window;
  Job& job = jobs_.at(*id);
  take_out(job);
  tell(begin(job, how.worker, now));
  active_.push_back(*id);
  locks_[*id] = {how.token, now + how.lock};
  wake();
  return {job, std::nullopt};
}

Result<Taken> Board::settle(const Ending& ending, const std::optional<Taking>& next, Time now) {
  now_ = std::max(now_, now);
  Job* job = find(ending.id);
  if (job == nullptr) return fail(Errc::conflict, "the job is gone");
  const auto lock = locks_.find(ending.id);
  if (lock == locks_.end() || lock->second.until <= now)
    return fail(Errc::conflict, "the lock is gone");
  if (lock->second.token != ending.token) return fail(Errc::conflict, "the lock is another's");
  locks_.erase(lock);
  stalled_.erase(ending.id);
  take_out(*job);
  tell_all(end(*job, ending, now));
  if (job->state == State::completed || job->state == State::failed) {
    finish(*job, ending, now);
  } else {
    put_in(*job, ending.kind == Ending::Kind::give_back ||
                     (ending.kind == Ending::Kind::retry && job->options.lifo));
  }
  Taken taken = next ? take(*next, now) : Taken{};
  if (!taken.job && ending.kind != Ending::Kind::give_back && waiting_.empty() &&
      prioritized_.empty() && active_.empty())
    tell(queue_event("drained"));
  return taken;
}

void Board::finish(Job& job, const Ending& ending, Time now) {
  const auto owner = owners_.find(job.deduplication_id);
  if (owner != owners_.end() && owner->second.job == job.id && !owner->second.until)
    owners_.erase(owner);
  auto& list = job.state == State::completed ? completed_ : failed_;
  list.push_front({job.id, now});
  const std::vector<Finished> newest_first(list.begin(), list.end());
  for (const JobId& id : surplus(ending.keep, newest_first, now)) erase(id);
}

std::vector<JobId> Board::extend(const std::vector<Lock>& locks, std::chrono::milliseconds lock) {
  std::vector<JobId> lost;
  for (const Lock& one : locks) {
    const auto held = locks_.find(one.id);
    if (held == locks_.end() || held->second.token != one.token || held->second.until <= now_) {
      lost.push_back(one.id);
      continue;
    }
    held->second.until = now_ + lock;
    stalled_.erase(one.id);
  }
  return lost;
}

std::vector<JobId> Board::rescue(Source::Stalled how, Time now) {
  now_ = std::max(now_, now);
  std::vector<JobId> rescued;
  if (next_check_ && now < *next_check_) return rescued;
  next_check_ = now + how.interval;
  for (const JobId& id : stalled_) {
    const auto lock = locks_.find(id);
    Job* job = find(id);
    if (job == nullptr || job->state != State::active) continue;
    if (lock != locks_.end() && lock->second.until > now) continue;
    locks_.erase(id);
    take_out(*job);
    tell_all(stall(*job, how.max_count));
    waiting_.push_front(id);
    rescued.push_back(id);
  }
  stalled_ = {active_.begin(), active_.end()};
  if (!rescued.empty()) wake();
  return rescued;
}

Counts Board::counts() const {
  return {waiting_.size(),
          prioritized_.size(),
          active_.size(),
          delayed_.size(),
          completed_.size(),
          failed_.size(),
          0,
          is_paused_};
}

std::vector<JobId> Board::ids(State state) const {
  std::vector<JobId> ids;
  if (state == State::waiting) ids.assign(waiting_.begin(), waiting_.end());
  if (state == State::active) ids.assign(active_.begin(), active_.end());
  if (state == State::prioritized) {
    for (const auto& one : prioritized_) ids.push_back(one.second);
  }
  if (state == State::delayed) {
    for (const auto& one : delayed_) ids.push_back(one.second);
  }
  if (state == State::completed || state == State::failed) {
    for (const auto& one : state == State::completed ? completed_ : failed_) ids.push_back(one.id);
  }
  return ids;
}

Job* Board::find(const JobId& id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

std::vector<Event> Board::events(const std::string& after, std::size_t limit) const {
  std::vector<Event> some;
  for (const Event& event : events_) {
    if (some.size() < limit && event.id > after) some.push_back(event);
  }
  return some;
}

Result<Done> Board::retry(const JobId& id) {
  Job* job = find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  if (job->state != State::failed && job->state != State::completed)
    return fail(Errc::conflict, "the job is in another state");
  take_out(*job);
  tell(revive(*job));
  put_in(*job);
  return Done{};
}

Result<Done> Board::promote(const JobId& id) {
  Job* job = find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  if (job->state != State::delayed) return fail(Errc::conflict, "the job is in another state");
  take_out(*job);
  tell(jobs::promote(*job));
  put_in(*job);
  return Done{};
}

Result<Done> Board::remove(const JobId& id) {
  const Job* job = find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  const auto lock = locks_.find(id);
  if (lock != locks_.end() && lock->second.until > now_)
    return fail(Errc::conflict, "a worker has it");
  const bool waits = job->state == State::waiting;
  const std::string prev = waits ? "wait" : std::string{to_string(job->state)};
  erase(id);
  tell({{}, "removed", {{"jobId", id}, {"prev", prev}}});
  return Done{};
}

void Board::set_paused(bool paused) {
  is_paused_ = paused;
  tell(queue_event(paused ? "paused" : "resumed"));
  if (!paused) wake();
}

void Board::erase(const JobId& id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  const auto owner = owners_.find(found->second.deduplication_id);
  const bool finished =
      found->second.state == State::completed || found->second.state == State::failed;
  if (owner != owners_.end() && owner->second.job == id && !(finished && owner->second.until))
    owners_.erase(owner);
  take_out(found->second);
  locks_.erase(id);
  stalled_.erase(id);
  logs.erase(id);
  jobs_.erase(found);
}

void Board::clear() {
  const auto waiters = std::move(waiters_);
  *this = Board{executor_};
  waiters_ = waiters;
}

void Board::tell(Event event) {
  char id[24];
  std::snprintf(id, sizeof id, "%016llu-0", static_cast<unsigned long long>(++told_));
  event.id = id;
  events_.push_back(std::move(event));
}

void Board::tell_all(Events events) {
  for (Event& event : events) tell(std::move(event));
}

void Board::take_out(const Job& job) {
  const auto is_this = [&job](const Finished& one) { return one.id == job.id; };
  switch (job.state) {
    case State::waiting:
      return erase_from(waiting_, job.id);
    case State::active:
      return erase_from(active_, job.id);
    case State::prioritized:
      return erase_id(prioritized_, job.id);
    case State::delayed:
      return erase_id(delayed_, job.id);
    case State::completed:
    case State::failed: {
      auto& list = job.state == State::completed ? completed_ : failed_;
      list.erase(std::remove_if(list.begin(), list.end(), is_this), list.end());
      return;
    }
    default:
      return;
  }
}

void Board::put_in(const Job& job, bool in_front) {
  if (job.state == State::delayed) {
    const Time began = job.attempts_made > 0 ? now_ : job.created_at;
    delayed_.insert({{due_at(job, began), ++turns_}, job.id});
  } else if (job.state == State::prioritized) {
    const std::uint64_t turn = in_front ? 0 : ++turns_;
    prioritized_.insert({job.priority * turns_of_a_priority + turn, job.id});
  } else if (in_front) {
    waiting_.push_front(job.id);
  } else {
    waiting_.push_back(job.id);
  }
  wake();
}

std::shared_ptr<detail::Signal> Board::new_waiter() {
  auto waiter = std::make_shared<detail::Signal>(executor_);
  waiters_.push_back(waiter);
  return waiter;
}

void Board::wake() {
  for (const auto& waiter : waiters_) {
    if (const auto signal = waiter.lock()) signal->notify();
  }
}

}  // namespace parley::jobs::fakes
