#include "jobs/lifecycle.hpp"

#include <algorithm>
#include <utility>

namespace parley::jobs {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Event event(std::string_view name, const Job& job, Pairs more = {}) {
  Event made{{}, std::string{name}, {{"jobId", job.id}}};
  for (auto& pair : more) made.fields.push_back(std::move(pair));
  return made;
}

void line_up(Job& job) { job.state = job.priority > 0 ? State::prioritized : State::waiting; }

Event waiting_again(const Job& job, std::string_view prev) {
  return event("waiting", job, {{"prev", std::string{prev}}});
}

void record_failure(Job& job, const Ending& ending) {
  job.failed_reason = ending.text;
  job.stacktrace = ending.stacktrace;
}

Events complete(Job& job, const Ending& ending) {
  job.state = State::completed;
  job.return_value = ending.text;
  return {event("completed", job, {{"returnvalue", ending.text}, {"prev", "active"}})};
}

Events give_up(Job& job, const Ending& ending) {
  record_failure(job, ending);
  job.state = State::failed;
  job.deferred_failure.clear();
  Events events{event("failed", job, {{"failedReason", ending.text}, {"prev", "active"}})};
  if (job.attempts_made >= ending.attempts)
    events.push_back(
        event("retries-exhausted", job, {{"attemptsMade", std::to_string(job.attempts_made)}}));
  return events;
}

/// For `job.delay`.
Event rest(Job& job, Time now) {
  job.state = State::delayed;
  return event("delayed", job, {{"delay", std::to_string(to_unix_ms(now + job.delay))}});
}

Events rest_or_wait(Job& job, const Ending& ending, Time now) {
  record_failure(job, ending);
  job.delay = ending.delay;
  if (ending.delay == 0ms) {
    line_up(job);
    return {waiting_again(job, "active")};
  }
  return {rest(job, now)};
}

}  // namespace

Job new_job(NewJob draft, JobId id, Time now) {
  Job job;
  job.id = std::move(id);
  job.name = std::move(draft.name);
  job.data = std::move(draft.data);
  job.created_at = draft.options.created_at.value_or(now);
  job.delay = draft.options.delay;
  job.priority = draft.options.priority;
  if (draft.options.deduplication) job.deduplication_id = draft.options.deduplication->id;
  job.options = std::move(draft.options);
  line_up(job);
  if (job.delay > 0ms) job.state = State::delayed;
  return job;
}

Events events_of_add(const Job& job) {
  Events events{event("added", job, {{"name", job.name}})};
  if (job.state == State::delayed) {
    const Time due = due_at(job, job.created_at);
    events.push_back(event("delayed", job, {{"delay", std::to_string(to_unix_ms(due))}}));
  } else {
    events.push_back(event("waiting", job));
  }
  return events;
}

Time due_at(const Job& job, Time rest_began) { return rest_began + job.delay; }

Event promote(Job& job) {
  job.delay = 0ms;
  line_up(job);
  return waiting_again(job, "delayed");
}

Event begin(Job& job, std::string_view worker, Time now) {
  job.state = State::active;
  job.processed_at = now;
  job.attempts_started += 1;
  if (!worker.empty()) job.worker = worker;
  return event("active", job, {{"prev", "waiting"}});
}

Events end(Job& job, const Ending& ending, Time now) {
  if (ending.kind == Ending::Kind::give_back) {
    line_up(job);
    return {waiting_again(job, "active")};
  }
  job.attempts_made += 1;
  if (ending.kind == Ending::Kind::retry) return rest_or_wait(job, ending, now);
  job.finished_at = now;
  return ending.kind == Ending::Kind::completed ? complete(job, ending) : give_up(job, ending);
}

Events stall(Job& job, unsigned max_count, std::chrono::milliseconds length, Time now) {
  job.stalled_count += 1;
  job.state = State::waiting;
  if (job.stalled_count > max_count) {
    job.deferred_failure = "job stalled more than allowable limit";
  } else if (length > 0ms) {
    job.delay = length;
    return {rest(job, now), event("stalled", job)};
  }
  return {waiting_again(job, "active"), event("stalled", job)};
}

std::chrono::milliseconds rest_after_ends(std::uint32_t count) {
  constexpr std::uint32_t doublings = 8;
  if (count < 2) return 0ms;
  return std::chrono::seconds{1} * (1 << std::min(count - 2, doublings));
}

Event revive(Job& job) {
  const std::string_view prev = to_string(job.state);
  job.finished_at.reset();
  job.processed_at.reset();
  if (job.state == State::failed) job.failed_reason.clear();
  if (job.state == State::completed) job.return_value.clear();
  line_up(job);
  return waiting_again(job, prev);
}

Claim claim(const Deduplication& wanted, const std::optional<Owner>& owner, State owner_state,
            Time now) {
  if (!owner || (owner->until && *owner->until <= now)) return Claim::granted;
  if (!owner->until && owner_state == State::none) return Claim::granted;
  return wanted.replace && owner_state == State::delayed ? Claim::replaces : Claim::refused;
}

}  // namespace parley::jobs
