#include "jobs/record.hpp"

#include <charconv>
#include <optional>

#include "base/utf8.hpp"

namespace parley::jobs {

namespace {

template <class Number>
Number number_from(std::string_view text) {
  double parsed = 0;  // Node writes integers, others may not
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  constexpr double most = sizeof(Number) == 4 ? 4294967295.0 : 9007199254740992.0;
  if (error != std::errc{} || end != text.data() + text.size() || !(parsed >= 0) || parsed > most)
    return 0;
  return static_cast<Number>(parsed);
}

Time time_from(std::string_view text) { return from_unix_ms(number_from<std::int64_t>(text)); }

std::vector<std::string> strings_from(std::string_view text) {
  std::vector<std::string> strings;
  const auto parsed = json::parse(text);
  const json::array* array = parsed ? parsed->if_array() : nullptr;
  if (array == nullptr) return strings;
  for (const json::value& one : *array) {
    if (one.is_string()) strings.emplace_back(one.get_string());
  }
  return strings;
}

void read_options(Job& job, std::string_view text) {
  auto options = options_from_json(text);
  if (options) {
    job.options = std::move(*options);
  } else {
    job.unreadable = "options: " + options.error().detail;
  }
}

/// One function a field: what is not listed is not read.
using Reader = void (*)(Job&, const std::string&);
constexpr std::pair<std::string_view, Reader> readers[] = {
    {"name", [](Job& job, const std::string& text) { job.name = text; }},
    {"data", [](Job& job, const std::string& text) { job.data = text; }},
    {"opts", [](Job& job, const std::string& text) { read_options(job, text); }},
    {"timestamp", [](Job& job, const std::string& text) { job.created_at = time_from(text); }},
    {"delay",
     [](Job& job, const std::string& text) {
       job.delay = std::chrono::milliseconds{number_from<std::int64_t>(text)};
     }},
    {"priority",
     [](Job& job, const std::string& text) { job.priority = number_from<std::uint32_t>(text); }},
    {"ats",
     [](Job& job, const std::string& text) {
       job.attempts_started = number_from<std::uint32_t>(text);
     }},
    {"atm", [](Job& job,
               const std::string& text) { job.attempts_made = number_from<std::uint32_t>(text); }},
    {"stc", [](Job& job,
               const std::string& text) { job.stalled_count = number_from<std::uint32_t>(text); }},
    {"processedOn", [](Job& job, const std::string& text) { job.processed_at = time_from(text); }},
    {"finishedOn", [](Job& job, const std::string& text) { job.finished_at = time_from(text); }},
    {"pb", [](Job& job, const std::string& text) { job.worker = text; }},
    {"returnvalue", [](Job& job, const std::string& text) { job.return_value = text; }},
    {"failedReason", [](Job& job, const std::string& text) { job.failed_reason = text; }},
    {"stacktrace", [](Job& job, const std::string& text) { job.stacktrace = strings_from(text); }},
    {"progress", [](Job& job, const std::string& text) { job.progress = text; }},
    {"defa", [](Job& job, const std::string& text) { job.deferred_failure = text; }},
    {"deid", [](Job& job, const std::string& text) { job.deduplication_id = text; }},
    {"rjk", [](Job& job, const std::string& text) { job.scheduler_id = text; }},
    {"parentKey", [](Job& job, const std::string& text) { job.parent_key = text; }},
};

}  // namespace

Job job_from_fields(JobId id, const Fields& fields) {
  Job job;
  job.id = std::move(id);
  for (const auto& [name, value] : fields) {
    for (const auto& [known, read] : readers) {
      if (known == name) read(job, value);
    }
  }
  return job;
}

std::string to_json_array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    json::append_string(out, is_utf8(text) ? std::string_view{text} : "(not UTF-8)");
  }
  out += ']';
  return out;
}

Fields to_fields(const Job& job) {
  Fields fields{{"name", job.name},
                {"data", job.data},
                {"opts", to_json(job.options)},
                {"timestamp", std::to_string(to_unix_ms(job.created_at))},
                {"delay", std::to_string(job.delay.count())},
                {"priority", std::to_string(job.priority)}};
  const auto add = [&fields](std::string_view name, std::string value) {
    if (!value.empty()) fields.emplace_back(name, std::move(value));
  };
  const auto add_number = [&add](std::string_view name, std::uint32_t number) {
    if (number != 0) add(name, std::to_string(number));
  };
  const auto add_time = [&add](std::string_view name, const std::optional<Time>& time) {
    if (time) add(name, std::to_string(to_unix_ms(*time)));
  };
  add_number("ats", job.attempts_started);
  add_number("atm", job.attempts_made);
  add_number("stc", job.stalled_count);
  add_time("processedOn", job.processed_at);
  add_time("finishedOn", job.finished_at);
  add("pb", job.worker);
  add("returnvalue", job.return_value);
  add("failedReason", job.failed_reason);
  if (!job.stacktrace.empty()) add("stacktrace", to_json_array(job.stacktrace));
  add("progress", job.progress);
  add("defa", job.deferred_failure);
  add("deid", job.deduplication_id);
  add("rjk", job.scheduler_id);
  add("parentKey", job.parent_key);
  return fields;
}

}  // namespace parley::jobs
