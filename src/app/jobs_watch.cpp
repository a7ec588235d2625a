#include "app/jobs_watch.hpp"

#include <algorithm>

namespace parley::app {

namespace {

/// When the job that runs next was added; nullopt: no such job, or no answer.
Task<std::optional<Time>> first_of(jobs::Inspection& queue, jobs::State state) {
  const jobs::Page page{0, 1};
  const auto found = co_await queue.list(state, page);
  if (!found || found->empty()) co_return std::nullopt;
  co_return found->front().created_at;
}

}  // namespace

JobsWatch::JobsWatch(net::Shard& home, jobs::Queue& queue) : home_(home), queue_(queue) {}

void JobsWatch::start() { home_.spawn("jobs watch", watch(queue_, seen_)); }

Task<void> JobsWatch::watch(jobs::Inspection& queue, SeenPtr seen) {
  while (true) {
    co_await look(queue, seen);
    co_await net::sleep_for(interval);
  }
}

Task<void> JobsWatch::look(jobs::Inspection& queue, SeenPtr seen) {
  const auto counts = co_await queue.counts();
  if (!counts) co_return;
  seen->waiting = counts->waiting;
  seen->prioritized = counts->prioritized;
  seen->active = counts->active;
  seen->delayed = counts->delayed;
  seen->completed = counts->completed;
  seen->failed = counts->failed;
  seen->paused = counts->paused;
  std::optional<Time> oldest;
  if (counts->waiting > 0) oldest = co_await first_of(queue, jobs::State::waiting);
  if (counts->prioritized > 0) {
    const auto prioritized = co_await first_of(queue, jobs::State::prioritized);
    if (prioritized) oldest = std::min(oldest.value_or(*prioritized), *prioritized);
  }
  seen->oldest_ms = oldest ? to_unix_ms(*oldest) : 0;
}

void JobsWatch::export_counts(ops::Metrics& metrics, const std::string& name) const {
  const auto gauge = [&](const char* state, const std::atomic<std::uint64_t>& value) {
    metrics.gauge_from("parley_jobs", "Background jobs by state.",
                       [&value, seen = seen_] { return static_cast<double>(value.load()); },
                       {{"queue", name}, {"state", state}});
  };
  gauge("waiting", seen_->waiting);
  gauge("prioritized", seen_->prioritized);
  gauge("active", seen_->active);
  gauge("delayed", seen_->delayed);
  gauge("completed", seen_->completed);
  gauge("failed", seen_->failed);
  metrics.gauge_from("parley_jobs_paused", "1 while no job is begun.",
                     [seen = seen_] { return seen->paused ? 1.0 : 0.0; }, {{"queue", name}});
  metrics.gauge_from(
      "parley_jobs_oldest_waiting_seconds", "Age of the job that has waited longest.",
      [seen = seen_] {
        const std::int64_t since = seen->oldest_ms;
        if (since == 0) return 0.0;
        return std::max(0.0, static_cast<double>(to_unix_ms(wall_now()) - since) / 1000);
      },
      {{"queue", name}});
}

}  // namespace parley::app
