#include "jobs/board.hpp"

#include <algorithm>
#include <utility>

namespace parley::jobs {

namespace {

constexpr std::size_t claims_freed_by_an_add = 4;
constexpr std::size_t promoted_by_a_take = 1000;

bool is_finished(State state) { return state == State::completed || state == State::failed; }
bool is_delayed(State state) { return state == State::delayed; }
bool is_active(State state) { return state == State::active; }

Event queue_event(std::string name) { return {{}, std::move(name), {}}; }

Event removed(const JobId& id, State from) {
  const bool waited = from == State::waiting;
  return {{}, "removed", {{"jobId", id}, {"prev", std::string{waited ? "wait" : to_string(from)}}}};
}

Event deduplicated(const JobId& id, const std::string& deduplication_id, const JobId& other) {
  return {{},
          "deduplicated",
          {{"jobId", id}, {"deduplicationId", deduplication_id}, {"deduplicatedJobId", other}}};
}

std::int64_t rank_of(const Job& job, Time now) {
  if (job.state == State::prioritized) return job.priority;
  if (job.state != State::delayed) return 0;
  return to_unix_ms(due_at(job, job.attempts_started > 0 ? now : job.created_at));
}

}  // namespace

Board::Board(Journal& journal, BoardLimits limits, std::uint64_t first_event)
    : journal_(journal), limits_(limits), events_(limits.events, first_event) {}

Result<Done> Board::make_room(const std::vector<NewJob>& jobs) {
  std::size_t bytes = 0;
  bool goes_last = false;
  for (const NewJob& job : jobs) {
    std::size_t own = job.name.size() + job.data.size() + job.options.id.size();
    if (job.options.deduplication) own += job.options.deduplication->id.size();
    if (own > limits_.job_bytes) return fail(Errc::too_large, "the job is too large");
    bytes += own;
    goes_last = goes_last || job.options.priority > 0;
  }
  const std::size_t share = goes_last ? 2 : 1;
  if (lines_.unfinished() + jobs.size() > limits_.unfinished / share ||
      lines_.unfinished_bytes() + bytes > limits_.bytes / share ||
      claims_.size() + jobs.size() > 2 * limits_.unfinished / share)
    return fail(Errc::overloaded, "too many jobs wait");
  for (const State state : {State::completed, State::failed}) {
    const auto& line = lines_.line(state);
    while (!line.empty() && lines_.bytes() + bytes > limits_.bytes)
      erase(JobId{line.begin()->second->job.id});
  }
  return Done{};
}

Result<std::vector<Added>> Board::add(std::vector<NewJob> jobs, Time now) {
  now_ = now;
  for (const std::string& id : claims_.expire(now, claims_freed_by_an_add * jobs.size()))
    journal_.owner_changed(id);
  if (const auto room = make_room(jobs); !room) return room.error();
  std::vector<Added> added;
  for (NewJob& job : jobs) added.push_back(add_one(std::move(job), now));
  return added;
}

Added Board::add_one(NewJob draft, Time now) {
  JobId id = std::to_string(++ids_);
  journal_.meta_changed();
  if (!draft.options.id.empty()) id = draft.options.id;
  if (lines_.find(id) != nullptr) {
    tell({{}, "duplicated", {{"jobId", id}}});
    return {id, false};
  }
  if (draft.options.deduplication) {
    if (auto refused = claim_for(draft, id, now)) return std::move(*refused);
  }
  Job job = new_job(std::move(draft), id, now);
  tell(events_of_add(job));
  const Side side = job.options.lifo ? Side::front : Side::back;
  put(std::move(job), side, now);
  return {id, true};
}

std::optional<Added> Board::claim_for(const NewJob& draft, const JobId& id, Time now) {
  const Deduplication& wanted = *draft.options.deduplication;
  std::optional<Owner> owner;
  if (const Owner* known = claims_.find(wanted.id)) owner = *known;
  const Placed* owning = owner ? lines_.find(owner->job) : nullptr;
  const Claim claimed = claim(wanted, owner, owning ? owning->job.state : State::none, now);
  std::optional<Time> until;
  if (wanted.ttl) until = now + *wanted.ttl;
  if (claimed == Claim::refused) {
    if (wanted.extend && until) {
      claims_.set(wanted.id, {owner->job, until});
      journal_.owner_changed(wanted.id);
    }
    tell(deduplicated(owner->job, wanted.id, id));
    return Added{owner->job, false};
  }
  if (claimed == Claim::replaces) {
    if (until && !wanted.extend) until = owner->until;
    replace(owner->job, id, wanted.id);
  }
  claims_.set(wanted.id, {id, until});
  journal_.owner_changed(wanted.id);
  return std::nullopt;
}

void Board::replace(const JobId& old, const JobId& id, const std::string& deduplication_id) {
  erase(old);
  tell(removed(old, State::delayed));
  tell(deduplicated(id, deduplication_id, old));
}

void Board::promote_due(Time now) {
  const auto& delayed = lines_.line(State::delayed);
  for (std::size_t i = 0; i < promoted_by_a_take && !delayed.empty(); ++i) {
    const auto& [place, first] = *delayed.begin();
    if (from_unix_ms(place.rank) > now) return;
    const JobId id = first->job.id;
    Job job = *lines_.take_out(id);
    tell(jobs::promote(job));
    // What stalled is not to wait for others, least of all beside those that stalled with it.
    const Side side = job.stalled_count > 0 ? Side::front : Side::back;
    put(std::move(job), side, now);
  }
}

bool Board::is_over_rate(const Taking& how, Time now) {
  if (!how.rate) return false;
  // Further ahead than the clocks of two callers differ: the clock has been set back.
  const bool is_ahead = window_end_ - now > 2 * how.rate->window;
  if (now >= window_end_ || is_ahead) started_in_window_ = 0;
  return started_in_window_ >= how.rate->max;
}

Taken Board::take(const Taking& how, Time now) {
  now_ = now;
  promote_due(now);
  if (is_over_rate(how, now)) return {std::nullopt, window_end_};
  if (is_paused_) return {};
  const auto& waiting = lines_.line(State::waiting);
  const auto& line = waiting.empty() ? lines_.line(State::prioritized) : waiting;
  if (line.empty()) {
    const auto& delayed = lines_.line(State::delayed);
    if (delayed.empty()) return {};
    return {std::nullopt, from_unix_ms(delayed.begin()->first.rank)};
  }
  if (how.rate && started_in_window_++ == 0) window_end_ = now + how.rate->window;
  const JobId id = line.begin()->second->job.id;
  Job job = *lines_.take_out(id);
  tell(begin(job, how.worker, now));
  put(std::move(job), Side::back, now);
  Placed* taken = lines_.find(id);
  taken->token = how.token;
  locks_[id] = now + how.lock;
  return {taken->job, std::nullopt};
}

Result<Done> Board::check_lock(const JobId& id, const Token& token, Time now) const {
  const Placed* job = lines_.find(id);
  if (job == nullptr) return fail(Errc::conflict, "the job is gone");
  const auto lock = locks_.find(id);
  if (lock == locks_.end() || lock->second <= now) return fail(Errc::conflict, "the lock is gone");
  if (job->token != token) return fail(Errc::conflict, "the lock is another's");
  return Done{};
}

Result<Taken> Board::settle(const Ending& ending, const std::optional<Taking>& next, Time now) {
  now_ = now;
  if (const auto held = check_lock(ending.id, ending.token, now); !held) return held.error();
  Job job = *lines_.take_out(ending.id);
  locks_.erase(ending.id);
  stalled_.erase(ending.id);
  tell(end(job, ending, now));
  const bool is_last = is_finished(job.state);
  const bool goes_first = ending.kind == Ending::Kind::give_back ||
                          (ending.kind == Ending::Kind::retry && job.options.lifo);
  put(std::move(job), goes_first ? Side::front : Side::back, now);
  if (is_last) finish(ending.id, ending.keep, now);
  Taken taken = next ? take(*next, now) : Taken{};
  const bool is_idle = lines_.unfinished() == lines_.count(State::delayed);
  if (!taken.job && ending.kind != Ending::Kind::give_back && is_idle) tell(queue_event("drained"));
  return taken;
}

void Board::finish(const JobId& id, Keep keep, Time now) {
  const Job& job = lines_.find(id)->job;
  free_claim(job);
  const State state = job.state;
  if (keep.keeps_none()) return erase(id);
  const std::size_t most = std::min(keep.count.value_or(limits_.finished), limits_.finished);
  const auto& line = lines_.line(state);
  const auto is_aged = [&keep, now](const Job& one) {
    return keep.age && one.finished_at.value_or(one.created_at) <= now - *keep.age;
  };
  for (std::size_t aged = 0; !line.empty();) {
    const Job& oldest = line.begin()->second->job;
    const bool is_old = aged < keep.limit && is_aged(oldest);
    if (!is_old && line.size() <= most) return;
    aged += is_old;
    erase(JobId{oldest.id});
  }
}

std::vector<Token> Board::extend(const std::vector<Lock>& locks, std::chrono::milliseconds lock,
                                 Time now) {
  now_ = now;
  std::vector<Token> lost;
  for (const Lock& one : locks) {
    if (check_lock(one.id, one.token, now)) {
      locks_[one.id] = now + lock;
      stalled_.erase(one.id);
    } else {
      lost.push_back(one.token);
    }
  }
  return lost;
}

std::vector<JobId> Board::rescue(Source::Stalled how, Time now) {
  now_ = now;
  std::vector<JobId> rescued;
  // Not where it is further ahead than an interval: the clock has been set back.
  if (next_look_ && now < *next_look_ && *next_look_ - now <= how.interval) return rescued;
  next_look_ = now + how.interval;
  for (const JobId& id : std::exchange(stalled_, {})) {
    const auto lock = locks_.find(id);
    const Placed* job = lines_.find(id);
    if (job == nullptr || !is_active(job->job.state)) continue;
    if (lock != locks_.end() && lock->second > now) continue;
    stall(id, how.max_count);
    rescued.push_back(id);
  }
  for (const auto& [place, job] : lines_.line(State::active)) stalled_.insert(job->job.id);
  return rescued;
}

void Board::stall(const JobId& id, unsigned max_stalled, std::chrono::milliseconds rest) {
  Job job = *lines_.take_out(id);
  locks_.erase(id);
  tell(jobs::stall(job, max_stalled, rest, now_));
  put(std::move(job), Side::front, now_);
}

Result<Job> Board::take_out(const JobId& id, bool (*is_right)(State)) {
  const Placed* job = lines_.find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  if (!is_right(job->job.state)) return fail(Errc::conflict, "the job is in another state");
  return *lines_.take_out(id);
}

Result<Done> Board::retry(const JobId& id) {
  auto job = take_out(id, is_finished);
  if (!job) return job.error();
  tell(revive(*job));
  put(std::move(*job), Side::back, now_);
  return Done{};
}

Result<Done> Board::promote(const JobId& id) {
  auto job = take_out(id, is_delayed);
  if (!job) return job.error();
  tell(jobs::promote(*job));
  put(std::move(*job), Side::back, now_);
  return Done{};
}

Result<Done> Board::remove(const JobId& id, Time now) {
  now_ = now;
  const Placed* job = lines_.find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  const auto lock = locks_.find(id);
  if (lock != locks_.end() && lock->second > now) return fail(Errc::conflict, "a worker has it");
  const State state = job->job.state;
  erase(JobId{id});
  tell(removed(id, state));
  return Done{};
}

void Board::set_paused(bool is_paused) {
  is_paused_ = is_paused;
  journal_.meta_changed();
  tell(queue_event(is_paused ? "paused" : "resumed"));
  if (!is_paused) journal_.work_arrived();
}

void Board::free_claim(const Job& job) {
  const Owner* owner = claims_.find(job.deduplication_id);
  if (owner == nullptr || owner->job != job.id) return;
  if (is_finished(job.state) && owner->until) return;
  claims_.erase(job.deduplication_id);
  journal_.owner_changed(job.deduplication_id);
}

void Board::erase(const JobId& id) {
  const auto job = lines_.take_out(id);
  if (!job) return;
  journal_.job_changed(id);
  free_claim(*job);
  locks_.erase(id);
  stalled_.erase(id);
  if (logs_.erase(id) > 0) journal_.log_changed(id);
}

void Board::put(Job job, Side side, Time now) {
  const std::int64_t rank = rank_of(job, now);
  const Placed& placed = lines_.put(std::move(job), rank, side);
  journal_.job_changed(placed.job.id);
  const State state = placed.job.state;
  if (state != State::active && !is_finished(state)) journal_.work_arrived();
}

void Board::tell(Event event) { events_.add(std::move(event)); }

void Board::tell(Events events) {
  for (Event& event : events) tell(std::move(event));
}

}  // namespace parley::jobs
