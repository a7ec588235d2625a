// What a Board shows, what people do to a whole queue, and how a board is read back.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/utf8.hpp"
#include "jobs/board.hpp"

namespace parley::jobs {

namespace {

constexpr std::size_t default_log_lines = 1000;
/// Long enough for most jobs to be done before the next of them ends the program.
constexpr std::chrono::seconds between_suspects{1};

/// `page` of what is between `from` and `end`, made by `show`.
template <class T, class Iterator, class Show>
std::vector<T> cut(Iterator from, Iterator end, Page page, Show show) {
  std::vector<T> some;
  const std::size_t most = std::min(page.limit, Page::max_page);
  for (std::size_t at = 0; from != end && some.size() < most; ++from, ++at) {
    if (at >= page.offset) some.push_back(show(*from));
  }
  return some;
}

bool is_finished(State state) { return state == State::completed || state == State::failed; }

/// At most `size` bytes of it, not ending within a character.
std::string cut_text(std::string text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  text.resize(size);
  return text;
}

}  // namespace

Counts Board::counts() const {
  return {lines_.count(State::waiting),
          lines_.count(State::prioritized),
          lines_.count(State::active),
          lines_.count(State::delayed),
          lines_.count(State::completed),
          lines_.count(State::failed),
          0,
          is_paused_};
}

Result<std::vector<Job>> Board::list(State state, Page page) const {
  if (state == State::none) return fail(Errc::bad_request, "no such list");
  const auto& line = lines_.line(state);
  const auto show = [](const auto& entry) { return entry.second->job; };
  if (is_finished(state)) return cut<Job>(line.rbegin(), line.rend(), page, show);
  return cut<Job>(line.begin(), line.end(), page, show);
}

Result<Job> Board::get(const JobId& id) const {
  const Placed* job = lines_.find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  return job->job;
}

std::vector<std::string> Board::log_of(const JobId& id, Page page) const {
  const auto* lines = log(id);
  if (lines == nullptr) return {};
  const auto show = [](const std::string& line) { return line; };
  return cut<std::string>(lines->begin(), lines->end(), page, show);
}

std::vector<Event> Board::events(const std::string& after, std::size_t limit) const {
  return events_.after(after, std::clamp<std::size_t>(limit, 1, Page::max_page));
}

Result<Done> Board::set_progress(const JobId& id, std::string json) {
  Placed* job = lines_.find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  if (json.size() > limits_.job_bytes) return fail(Errc::too_large, "the progress is too large");
  const std::size_t before = detail::bytes_of(job->job);
  job->job.progress = std::move(json);
  lines_.recount(*job, before);
  journal_.job_changed(id);
  tell({{}, "progress", {{"jobId", id}, {"data", job->job.progress}}});
  return Done{};
}

Result<Done> Board::append_log(const JobId& id, std::string line) {
  const Placed* job = lines_.find(id);
  if (job == nullptr) return fail(Errc::not_found, "no such job");
  auto& lines = logs_[id];
  lines.push_back(cut_text(std::move(line), limits_.log_bytes));
  const std::size_t most = job->job.options.keep_logs.value_or(default_log_lines);
  std::size_t bytes = 0;
  for (const std::string& one : lines) bytes += one.size();
  while (lines.size() > 1 && (lines.size() > most || bytes > limits_.log_bytes)) {
    bytes -= lines.front().size();
    lines.pop_front();
  }
  journal_.log_changed(id);
  return Done{};
}

const std::deque<std::string>* Board::log(const JobId& id) const {
  const auto found = logs_.find(id);
  return found == logs_.end() ? nullptr : &found->second;
}

std::size_t Board::drain(bool with_delayed, std::size_t limit) {
  std::size_t count = 0;
  for (const State state : {State::waiting, State::prioritized, State::delayed}) {
    if (state == State::delayed && !with_delayed) break;
    for (const JobId& id : lines_.ids(state, limit - count)) {
      erase(id);
      ++count;
    }
  }
  return count;
}

Result<std::size_t> Board::clean(const QueueControl::Clean& what, Time now) {
  if (what.state == State::none || what.state == State::active)
    return fail(Errc::bad_request, "such jobs cannot be cleaned");
  std::vector<JobId> old;
  for (const auto& [place, job] : lines_.line(what.state)) {
    if (old.size() == what.limit) break;
    const Time since = is_finished(what.state) ? job->job.finished_at.value_or(job->job.created_at)
                                               : job->job.created_at;
    if (since <= now - what.grace) old.push_back(job->job.id);
  }
  for (const JobId& id : old) erase(id);
  tell({{}, "cleaned", {{"count", std::to_string(old.size())}}});
  return old.size();
}

Result<bool> Board::obliterate(bool force, std::size_t limit) {
  if (!is_paused_) return fail(Errc::conflict, "the queue is not paused");
  if (lines_.count(State::active) > 0 && !force) return fail(Errc::conflict, "jobs are running");
  std::size_t left = limit;
  for (const State state : {State::waiting, State::prioritized, State::delayed, State::active,
                            State::completed, State::failed}) {
    const auto ids = lines_.ids(state, left);
    for (const JobId& id : ids) erase(id);
    left -= ids.size();
  }
  for (const std::string& id : claims_.some(left)) {
    claims_.erase(id);
    journal_.owner_changed(id);
  }
  if (lines_.size() + claims_.size() > 0) return false;
  ids_ = 0;
  is_paused_ = false;
  started_in_window_ = 0;
  next_look_.reset();
  events_.clear();
  journal_.meta_changed();
  return true;
}

bool Board::restore(Placed job) { return lines_.restore(std::move(job)); }

void Board::restore(std::string deduplication_id, Owner owner) {
  claims_.set(deduplication_id, std::move(owner));
}

void Board::restore(const JobId& id, std::deque<std::string> log) {
  logs_.insert_or_assign(id, std::move(log));
}

void Board::restore(Meta meta) {
  ids_ = meta.ids;
  is_paused_ = meta.is_paused;
}

std::vector<JobId> Board::recover(unsigned max_stalled, Time now) {
  now_ = now;
  std::vector<JobId> ids = lines_.ids(State::active, std::numeric_limits<std::size_t>::max());
  // The one that began first ends in front.
  for (std::size_t at = ids.size(); at-- > 0;) {
    auto rest = rest_after_ends(lines_.find(ids[at])->job.stalled_count + 1);
    if (rest > 0ms) rest += at * between_suspects;
    stall(ids[at], max_stalled, rest);
  }
  return ids;
}

void Board::relock(std::chrono::milliseconds lock, Time now) {
  now_ = now;
  for (const auto& [place, job] : lines_.line(State::active)) locks_[job->job.id] = now + lock;
}

}  // namespace parley::jobs
