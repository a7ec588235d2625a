#include "jobs/options.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace parley::jobs {

namespace {

/// `0.25`; enough digits to read back as written.
void append_number(std::string& out, double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) {
    out += std::to_string(static_cast<std::int64_t>(number));
    return;
  }
  out += json::serialize(json::value(number));
}

void append_member(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  json::append_string(out, name);
  out += ':';
}

void append_member(std::string& out, std::string_view name, std::int64_t number) {
  append_member(out, name);
  out += std::to_string(number);
}

void append_keep(std::string& out, std::string_view name, const std::optional<Keep>& keep) {
  if (!keep) return;
  append_member(out, name);
  if (keep->age) {
    out += '{';
    append_member(out, "age", keep->age->count());
    if (keep->count) append_member(out, "count", static_cast<std::int64_t>(*keep->count));
    if (keep->limit != Keep{}.limit)
      append_member(out, "limit", static_cast<std::int64_t>(keep->limit));
    out += '}';
  } else if (keep->keeps_none()) {
    out += "true";
  } else if (keep->count) {
    out += std::to_string(*keep->count);
  } else {
    out += "false";
  }
}

void append_backoff(std::string& out, const Backoff& backoff) {
  append_member(out, "backoff");
  out += '{';
  append_member(out, "type");
  out += backoff.kind == Backoff::Kind::fixed ? "\"fixed\"" : "\"exponential\"";
  append_member(out, "delay", backoff.delay.count());
  if (backoff.jitter > 0) {
    append_member(out, "jitter");
    append_number(out, backoff.jitter);
  }
  out += '}';
}

void append_deduplication(std::string& out, const Deduplication& deduplication) {
  append_member(out, "de");
  out += '{';
  append_member(out, "id");
  json::append_string(out, deduplication.id);
  if (deduplication.ttl) append_member(out, "ttl", deduplication.ttl->count());
  if (deduplication.extend) append_member(out, "extend"), out += "true";
  if (deduplication.replace) append_member(out, "replace"), out += "true";
  out += '}';
}

/// A number from a hostile hash, within [0, most]; nullopt when it is none.
std::optional<double> number_in(const json::value* value, double most) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->to_number<double>();
  return std::isfinite(number) ? std::optional{std::clamp(number, 0.0, most)} : std::nullopt;
}

template <class Whole>
void read(const json::object& from, std::string_view name, Whole most, Whole& into) {
  if (const auto number = number_in(from.if_contains(name), static_cast<double>(most)))
    into = static_cast<Whole>(*number);
}

void read_milliseconds(const json::object& from, std::string_view name,
                       std::chrono::milliseconds& into) {
  std::int64_t ms = into.count();
  read(from, name, static_cast<std::int64_t>(max_delay.count()), ms);
  into = std::chrono::milliseconds{ms};
}

bool is_true(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

constexpr double most_kept = 1e12;

std::optional<std::size_t> read_count(const json::value* value) {
  if (value == nullptr || !value->is_number() || value->to_number<double>() < 0) return {};
  const auto number = number_in(value, most_kept);
  return number ? std::optional{static_cast<std::size_t>(*number)} : std::nullopt;
}

std::optional<Keep> read_keep(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool() ? Keep::none() : Keep::all();
  if (value->is_number()) return Keep{read_count(value), {}, Keep{}.limit};
  const json::object* object = value->if_object();
  if (object == nullptr) return std::nullopt;
  Keep keep;
  keep.count = read_count(object->if_contains("count"));
  if (const auto age = number_in(object->if_contains("age"), most_kept))
    keep.age = std::chrono::seconds{static_cast<std::int64_t>(*age)};
  read(*object, "limit", std::size_t{1'000'000}, keep.limit);
  return keep;
}

std::optional<Backoff> read_backoff(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  Backoff backoff;
  if (const auto delay = number_in(value, static_cast<double>(max_delay.count()))) {
    backoff.delay = std::chrono::milliseconds{static_cast<std::int64_t>(*delay)};
    return backoff;
  }
  const json::object* object = value->if_object();
  if (object == nullptr) return std::nullopt;
  // A type that only its producer's workers know rests as a fixed one.
  if (json::string_member(*object, "type") == "exponential")
    backoff.kind = Backoff::Kind::exponential;
  read_milliseconds(*object, "delay", backoff.delay);
  backoff.jitter = number_in(object->if_contains("jitter"), 1).value_or(0);
  return backoff;
}

std::optional<Deduplication> read_deduplication(const json::value* value) {
  const json::object* object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return std::nullopt;
  const auto id = json::string_member(*object, "id");
  if (!id || id->empty()) return std::nullopt;
  Deduplication deduplication{
      std::string{*id}, {}, is_true(*object, "extend"), is_true(*object, "replace")};
  std::chrono::milliseconds ttl{0};
  read_milliseconds(*object, "ttl", ttl);
  if (ttl.count() > 0) deduplication.ttl = ttl;
  return deduplication;
}

std::optional<std::size_t> read_optional(const json::object& from, std::string_view name) {
  return read_count(from.if_contains(name));
}

Result<Done> check_text(std::string_view what, std::string_view text, std::size_t most) {
  const std::string name{what};
  if (text.empty()) return fail(Errc::bad_request, name + " is empty");
  if (text.size() > most)
    return fail(Errc::bad_request, name + " is longer than " + std::to_string(most) + " bytes");
  if (!is_utf8(text)) return fail(Errc::bad_request, name + " is not UTF-8");
  return Done{};
}

/// What queues keep under their own names beside their jobs.
constexpr std::string_view reserved_ids[] = {
    "id",        "meta",   "wait",    "paused", "prioritized",   "pc",       "active",
    "delayed",   "delay",  "failed",  "marker", "stalled-check", "priority", "waiting-children",
    "completed", "events", "stalled", "repeat", "limiter",
};

Result<Done> check_id(std::string_view id) {
  if (auto text = check_text("the job id", id, max_id_bytes); !text) return text;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::all_of(id.begin(), id.end(), is_digit))
    return fail(Errc::bad_request, "a custom job id must not be an integer");
  if (std::find(std::begin(reserved_ids), std::end(reserved_ids), id) != std::end(reserved_ids))
    return fail(Errc::bad_request, "this job id is a name of the queue's own");
  const auto colons = std::count(id.begin(), id.end(), ':');
  if (id.substr(0, 2) == "0:" || (colons != 0 && colons != 2))
    return fail(Errc::bad_request, "a custom job id must not hold ':'");
  return Done{};
}

bool is_delay(std::chrono::milliseconds delay) { return delay >= 0ms && delay <= max_delay; }

Result<Done> check_backoff(const Backoff& backoff) {
  if (!is_delay(backoff.delay)) return fail(Errc::bad_request, "the backoff is out of range");
  if (!(backoff.jitter >= 0 && backoff.jitter <= 1))
    return fail(Errc::bad_request, "the jitter is not within 0 and 1");
  return Done{};
}

Result<Done> check_deduplication(const Deduplication& deduplication) {
  if (deduplication.ttl && (*deduplication.ttl <= 0ms || !is_delay(*deduplication.ttl)))
    return fail(Errc::bad_request, "the deduplication's ttl is out of range");
  return check_text("the deduplication id", deduplication.id, max_id_bytes);
}

}  // namespace

Result<Done> check_queue_name(std::string_view name) {
  if (name.find(':') != std::string_view::npos)
    return fail(Errc::bad_request, "a queue's name must not hold ':'");
  return check_text("the queue's name", name, max_name_bytes);
}

Result<Done> check(const JobOptions& options) {
  if (!options.id.empty()) {
    if (auto id = check_id(options.id); !id) return id;
  }
  if (options.priority > max_priority) return fail(Errc::bad_request, "the priority is too high");
  if (!is_delay(options.delay)) return fail(Errc::bad_request, "the delay is out of range");
  if (options.attempts > max_attempts) return fail(Errc::bad_request, "too many attempts");
  if (options.backoff) {
    if (auto backoff = check_backoff(*options.backoff); !backoff) return backoff;
  }
  if (options.deduplication) return check_deduplication(*options.deduplication);
  return Done{};
}

std::string to_json(const JobOptions& options) {
  std::string out = "{";
  append_member(out, "attempts", options.attempts);
  if (options.delay > 0ms) append_member(out, "delay", options.delay.count());
  if (options.priority > 0) append_member(out, "priority", options.priority);
  if (options.lifo) append_member(out, "lifo"), out += "true";
  if (!options.id.empty()) append_member(out, "jobId"), json::append_string(out, options.id);
  if (options.backoff) append_backoff(out, *options.backoff);
  append_keep(out, "removeOnComplete", options.remove_on_complete);
  append_keep(out, "removeOnFail", options.remove_on_fail);
  if (options.deduplication) append_deduplication(out, *options.deduplication);
  if (options.stack_trace_limit)
    append_member(out, "stackTraceLimit", static_cast<std::int64_t>(*options.stack_trace_limit));
  if (options.keep_logs) append_member(out, "kl", static_cast<std::int64_t>(*options.keep_logs));
  if (options.created_at) append_member(out, "timestamp", to_unix_ms(*options.created_at));
  out += '}';
  return out;
}

Result<JobOptions> options_from_json(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed) return parsed.error();
  const json::object* from = parsed->if_object();
  if (from == nullptr) return fail(Errc::bad_request, "the options are not a JSON object");
  JobOptions options;
  if (const auto id = json::string_member(*from, "jobId")) options.id = *id;
  read_milliseconds(*from, "delay", options.delay);
  read(*from, "priority", max_priority, options.priority);
  read(*from, "attempts", max_attempts, options.attempts);
  options.lifo = is_true(*from, "lifo");
  options.backoff = read_backoff(from->if_contains("backoff"));
  options.remove_on_complete = read_keep(from->if_contains("removeOnComplete"));
  options.remove_on_fail = read_keep(from->if_contains("removeOnFail"));
  options.deduplication = read_deduplication(from->if_contains("de"));
  options.stack_trace_limit = read_optional(*from, "stackTraceLimit");
  options.keep_logs = read_optional(*from, "kl");
  if (const auto at = number_in(from->if_contains("timestamp"), 8.64e15))
    options.created_at = from_unix_ms(static_cast<std::int64_t>(*at));
  return options;
}

}  // namespace parley::jobs
