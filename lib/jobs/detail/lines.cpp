#include "jobs/detail/lines.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace parley::jobs::detail {

namespace {
constexpr bool is_finished(State state) {
  return state == State::completed || state == State::failed;
}
constexpr bool has_line(State state) {
  return state != State::none && state != State::waiting_children;
}
}  // namespace

std::size_t bytes_of(const Job& job) {
  std::size_t bytes = job.id.size() + job.name.size() + job.data.size() + job.return_value.size() +
                      job.failed_reason.size() + job.progress.size() + job.deduplication_id.size();
  for (const std::string& one : job.stacktrace) bytes += one.size();
  return bytes;
}

Placed* Lines::find(const JobId& id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

const Placed* Lines::find(const JobId& id) const { return const_cast<Lines*>(this)->find(id); }

Lines::Line& Lines::line_of(State state) { return lines_[static_cast<std::size_t>(state)]; }

const Lines::Line& Lines::line(State state) const {
  return lines_[static_cast<std::size_t>(state)];
}

std::size_t Lines::unfinished() const {
  return jobs_.size() - count(State::completed) - count(State::failed);
}

std::vector<JobId> Lines::ids(State state, std::size_t limit) const {
  std::vector<JobId> ids;
  for (const auto& [place, job] : line(state)) {
    if (ids.size() == limit) break;
    ids.push_back(job->job.id);
  }
  return ids;
}

Placed& Lines::put(Job job, std::int64_t rank, Side side) {
  const std::int64_t turn = side == Side::front ? --first_ : ++last_;
  const JobId id = job.id;
  insert({std::move(job), {rank, turn}, {}});
  return jobs_.at(id);
}

bool Lines::restore(Placed job) {
  const State state = job.job.state;
  if (!has_line(state) || find(job.job.id) != nullptr || line(state).count(job.place) != 0)
    return false;
  first_ = std::min(first_, job.place.turn);
  last_ = std::max(last_, job.place.turn);
  insert(std::move(job));
  return true;
}

void Lines::insert(Placed job) {
  assert(has_line(job.job.state));
  count_bytes(job.job, 0, bytes_of(job.job));
  JobId id = job.job.id;
  const auto [at, is_new] = jobs_.emplace(std::move(id), std::move(job));
  assert(is_new);
  line_of(at->second.job.state).emplace(at->second.place, &at->second);
}

std::optional<Job> Lines::take_out(const JobId& id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  line_of(found->second.job.state).erase(found->second.place);
  count_bytes(found->second.job, bytes_of(found->second.job), 0);
  Job job = std::move(found->second.job);
  jobs_.erase(found);
  return job;
}

void Lines::recount(const Placed& changed, std::size_t bytes_before) {
  count_bytes(changed.job, bytes_before, bytes_of(changed.job));
}

void Lines::count_bytes(const Job& job, std::size_t before, std::size_t after) {
  bytes_ += after - before;
  if (is_finished(job.state)) finished_bytes_ += after - before;
}

}  // namespace parley::jobs::detail
