#include "jobs/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace parley::jobs {

namespace {
/// Bytes of a reason that are stored.
constexpr std::size_t max_reason_bytes = 4096;

std::string reason_of(const Error& error) {
  std::string reason = error.detail.empty() ? std::string{info(error.code).message} : error.detail;
  if (reason.size() > max_reason_bytes) {
    std::size_t end = max_reason_bytes;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80) --end;
    reason.resize(end);
  }
  return reason;
}
}  // namespace

std::chrono::milliseconds rest_after(const Backoff& backoff, std::uint32_t run, double random) {
  const auto most = static_cast<double>(max_delay.count());
  double delay = static_cast<double>(backoff.delay.count());
  if (backoff.kind == Backoff::Kind::exponential && run > 1)
    delay = std::round(std::exp2(std::min(run - 1, 64u)) * delay);
  delay = std::min(delay, most);
  if (backoff.jitter > 0)
    delay = std::floor(random * delay * backoff.jitter + delay * (1 - backoff.jitter));
  return std::chrono::milliseconds{static_cast<std::int64_t>(delay)};
}

bool is_worth_retrying(Errc code) { return info(code).temporary || code == Errc::internal; }

std::vector<std::string> with_failure(std::vector<std::string> old, std::string_view reason,
                                      const JobOptions& options) {
  old.emplace_back(reason);
  const std::size_t most = options.stack_trace_limit.value_or(default_stack_trace_limit);
  if (old.size() > most) old.erase(old.begin(), old.end() - static_cast<std::ptrdiff_t>(most));
  return old;
}

Ending ending_of_failure(const Job& job, const Error& error, double random, const Keep& keep) {
  Ending ending;
  ending.id = job.id;
  ending.text = reason_of(error);
  ending.stacktrace = with_failure(job.stacktrace, "Error: " + ending.text, job.options);
  ending.attempts = job.options.attempts;
  ending.keep = job.options.remove_on_fail.value_or(keep);
  const std::uint32_t run = job.attempts_made + 1;
  const bool again = run < job.options.attempts && is_worth_retrying(error.code);
  ending.kind = again ? Ending::Kind::retry : Ending::Kind::failed;
  if (again && job.options.backoff) ending.delay = rest_after(*job.options.backoff, run, random);
  return ending;
}

Ending ending_of_success(const Job& job, std::string json, const Keep& keep) {
  Ending ending;
  ending.id = job.id;
  ending.kind = Ending::Kind::completed;
  ending.text = std::move(json);
  ending.attempts = job.options.attempts;
  ending.keep = job.options.remove_on_complete.value_or(keep);
  return ending;
}

}  // namespace parley::jobs
