#include "app/job_json.hpp"

namespace parley::app {

namespace {

/// `text` parsed; as a string when it is no JSON.
json::value parsed(const std::string& text) {
  auto value = json::parse(text);
  return value ? std::move(*value) : json::value(text);
}

void add_text(json::object& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

void add_json(json::object& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[key] = parsed(text);
}

void add_time(json::object& out, std::string_view key, const std::optional<Time>& time) {
  if (time) out[key] = to_iso8601(*time);
}

}  // namespace

json::object job_summary(const jobs::Job& job) {
  json::object out;
  out["id"] = job.id;
  out["name"] = job.name;
  out["state"] = jobs::to_string(job.state);
  out["data"] = parsed(job.data);
  out["attemptsMade"] = job.attempts_made;
  out["attempts"] = std::max<std::uint32_t>(job.options.attempts, 1);
  out["createdAt"] = to_iso8601(job.created_at);
  if (job.delay.count() > 0) out["delayMs"] = job.delay.count();
  if (job.priority > 0) out["priority"] = job.priority;
  add_time(out, "processedAt", job.processed_at);
  add_time(out, "finishedAt", job.finished_at);
  add_text(out, "failedReason", job.failed_reason);
  return out;
}

json::object job_details(const jobs::Job& job) {
  json::object out = job_summary(job);
  out["options"] = parsed(jobs::to_json(job.options));
  out["attemptsStarted"] = job.attempts_started;
  out["stalledCount"] = job.stalled_count;
  add_text(out, "worker", job.worker);
  add_json(out, "returnValue", job.return_value);
  add_json(out, "progress", job.progress);
  add_text(out, "deduplicationId", job.deduplication_id);
  add_text(out, "schedulerId", job.scheduler_id);
  add_text(out, "parentKey", job.parent_key);
  add_text(out, "deferredFailure", job.deferred_failure);
  add_text(out, "unreadable", job.unreadable);
  if (!job.stacktrace.empty())
    out["stacktrace"] = json::array(job.stacktrace.begin(), job.stacktrace.end());
  return out;
}

json::object counts_json(const jobs::Counts& counts) {
  return {{"waiting", counts.waiting},     {"prioritized", counts.prioritized},
          {"active", counts.active},       {"delayed", counts.delayed},
          {"completed", counts.completed}, {"failed", counts.failed},
          {"paused", counts.paused}};
}

}  // namespace parley::app
