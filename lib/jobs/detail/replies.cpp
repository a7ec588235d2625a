#include "jobs/detail/replies.hpp"

#include <charconv>

#include "jobs/detail/lua.hpp"
#include "jobs/record.hpp"

namespace parley::jobs::detail {

namespace {

Error odd(const char* what) {
  return fail(Errc::corrupt, std::string{"Redis gave an odd answer for "} + what);
}

const redis::Reply* at(const redis::Reply& reply, std::size_t index) {
  const auto* array = reply.array();
  return array != nullptr && index < array->size() ? &(*array)[index] : nullptr;
}

std::string_view kind_of(Ending::Kind kind) {
  switch (kind) {
    case Ending::Kind::completed:
      return "completed";
    case Ending::Kind::failed:
      return "failed";
    case Ending::Kind::retry:
      return "retry";
    case Ending::Kind::give_back:
      return "give_back";
  }
  return "failed";
}

Error refusal(std::int64_t code) {
  switch (code) {
    case lua::no_job:
      return fail(Errc::not_found, "no such job");
    case lua::no_lock:
      return fail(Errc::conflict, "a worker has it, or its lock is gone");
    case lua::wrong_state:
      return fail(Errc::conflict, "the job is in another state");
    case lua::pending_children:
      return fail(Errc::internal, "the job waits for its children");
    case lua::foreign_lock:
      return fail(Errc::conflict, "the lock is somebody else's");
    case lua::scheduled:
      return fail(Errc::conflict, "the job is the next run of a schedule");
    case lua::failed_children:
      return fail(Errc::forbidden, "children of the job have failed");
    default:
      return fail(Errc::corrupt, "Redis gave the unknown code " + std::to_string(code));
  }
}

/// `key value key value …`.
std::optional<Fields> read_fields(const redis::Reply& hash) {
  const auto* array = hash.array();
  if (array == nullptr || array->size() % 2 != 0) return std::nullopt;
  Fields fields;
  fields.reserve(array->size() / 2);
  for (std::size_t i = 0; i + 1 < array->size(); i += 2)
    fields.emplace_back(text_of((*array)[i]), text_of((*array)[i + 1]));
  return fields;
}

}  // namespace

std::vector<std::string> common_arguments(const BullmqConfig& config) {
  using Layout = BullmqConfig::Layout;
  const char* layout = config.layout == Layout::automatic  ? ""
                       : config.layout == Layout::bullmq_5 ? "5"
                                                           : "6";
  return {config.key_prefix(), layout};
}

Result<redis::Reply> answer_of(Result<redis::Reply> reply) {
  if (reply || reply.error().code != Errc::bad_request) return reply;
  return fail(Errc::unavailable, std::move(reply).error().detail);
}

std::string text_of(const redis::Reply& reply) {
  if (const std::string* text = reply.text()) return *text;
  if (const std::int64_t* number = reply.integer()) return std::to_string(*number);
  return {};
}

std::optional<std::int64_t> number_of(const redis::Reply& reply) {
  if (const std::int64_t* number = reply.integer()) return *number;
  const std::string* text = reply.text();
  if (text == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{number} : std::nullopt;
}

void append_arguments(std::vector<std::string>& arguments, const NewJob& job, Time now) {
  const JobOptions& options = job.options;
  arguments.push_back(options.id);
  arguments.push_back(job.name);
  arguments.push_back(job.data);
  arguments.push_back(to_json(options));
  arguments.push_back(std::to_string(to_unix_ms(options.created_at.value_or(now))));
  arguments.push_back(std::to_string(options.delay.count()));
  arguments.push_back(std::to_string(options.priority));
  arguments.emplace_back(options.lifo ? "1" : "0");
  const auto& deduplication = options.deduplication;
  arguments.push_back(deduplication ? deduplication->id : std::string{});
  const bool runs_out = deduplication && deduplication->ttl;
  arguments.push_back(runs_out ? std::to_string(deduplication->ttl->count()) : std::string{});
  std::string flags;
  if (deduplication && deduplication->extend) flags += 'e';
  if (deduplication && deduplication->replace) flags += 'r';
  arguments.push_back(std::move(flags));
}

Result<std::vector<Added>> read_added(const redis::Reply& reply, std::size_t count) {
  const auto* array = reply.array();
  if (array == nullptr || array->size() != count) return odd("add");
  std::vector<Added> added;
  added.reserve(count);
  for (const redis::Reply& one : *array) {
    const redis::Reply *id = at(one, 0), *is_new = at(one, 1);
    if (id == nullptr || is_new == nullptr) return odd("add");
    added.push_back({text_of(*id), number_of(*is_new) == 1});
  }
  return added;
}

void append_arguments(std::vector<std::string>& arguments, const Taking& how) {
  arguments.push_back(how.token);
  arguments.push_back(std::to_string(how.lock.count()));
  arguments.push_back(how.worker);
  arguments.push_back(how.rate ? std::to_string(how.rate->max) : std::string{});
  arguments.push_back(how.rate ? std::to_string(how.rate->window.count()) : std::string{});
}

std::vector<std::string> settle_arguments(const Ending& ending, Time now) {
  const bool failed = ending.kind == Ending::Kind::failed || ending.kind == Ending::Kind::retry;
  const Keep& keep = ending.keep;
  return {ending.id,
          ending.token,
          std::to_string(to_unix_ms(now)),
          std::string{kind_of(ending.kind)},
          ending.text,
          failed ? to_json_array(ending.stacktrace) : std::string{},
          std::to_string(ending.delay.count()),
          std::to_string(ending.attempts),
          keep.count ? std::to_string(*keep.count) : std::string{},
          keep.age ? std::to_string(keep.age->count()) : std::string{},
          std::to_string(keep.limit)};
}

Result<Job> read_job(JobId id, const redis::Reply& hash) {
  const auto fields = read_fields(hash);
  if (!fields) return odd("a job");
  return job_from_fields(std::move(id), *fields);
}

Result<Taken> read_taken(const redis::Reply& reply, Time now) {
  const redis::Reply *what = at(reply, 0), *second = at(reply, 1), *hash = at(reply, 2);
  const auto code = what == nullptr ? std::nullopt : number_of(*what);
  if (!code || second == nullptr) return odd("take");
  Taken taken;
  const auto number = number_of(*second);
  if (*code == 1 && hash != nullptr) {
    auto job = read_job(text_of(*second), *hash);
    if (!job) return job.error();
    job->state = State::active;
    taken.job = std::move(*job);
  } else if (*code == 2 && number) {
    taken.look_again_at = now + std::chrono::milliseconds{*number};
  } else if (*code == 0) {
    if (number) taken.look_again_at = from_unix_ms(*number);
  } else {
    return odd("take");
  }
  return taken;
}

Result<Taken> read_settled(const redis::Reply& reply, Time now) {
  const redis::Reply* what = at(reply, 0);
  const auto code = what == nullptr ? std::nullopt : number_of(*what);
  if (!code) return odd("settle");
  if (*code == lua::no_job) return fail(Errc::conflict, "the job is gone");
  if (*code != lua::done) return refusal(*code);
  const redis::Reply* taken = at(reply, 1);
  return taken == nullptr ? odd("settle") : read_taken(*taken, now);
}

Result<Done> read_code(const redis::Reply& reply) {
  const redis::Reply* what = at(reply, 0);
  const auto code = what == nullptr ? std::nullopt : number_of(*what);
  if (!code) return odd("a change");
  if (*code != lua::done) return refusal(*code);
  return Done{};
}

Result<Counts> read_counts(const redis::Reply& reply) {
  const auto* array = reply.array();
  if (array == nullptr || array->size() != 8) return odd("counts");
  std::uint64_t numbers[8];
  for (std::size_t i = 0; i < 8; ++i) {
    const auto number = number_of((*array)[i]);
    if (!number || *number < 0) return odd("counts");
    numbers[i] = static_cast<std::uint64_t>(*number);
  }
  return Counts{numbers[0], numbers[1], numbers[2], numbers[3],
                numbers[4], numbers[5], numbers[6], numbers[7] != 0};
}

Result<std::vector<Job>> read_jobs(const redis::Reply& reply, State state) {
  const auto* array = reply.array();
  if (array == nullptr) return odd("list");
  std::vector<Job> jobs;
  jobs.reserve(array->size());
  for (const redis::Reply& one : *array) {
    const redis::Reply *id = at(one, 0), *hash = at(one, 1);
    if (id == nullptr || hash == nullptr) return odd("list");
    auto job = read_job(text_of(*id), *hash);
    if (!job) return job.error();
    job->state = state;
    jobs.push_back(std::move(*job));
  }
  return jobs;
}

Result<std::vector<Event>> read_events(const redis::Reply& reply) {
  const auto* array = reply.array();
  if (array == nullptr) return odd("events");
  std::vector<Event> events;
  events.reserve(array->size());
  for (const redis::Reply& one : *array) {
    const redis::Reply *id = at(one, 0), *pairs = at(one, 1);
    const auto fields = pairs == nullptr ? std::nullopt : read_fields(*pairs);
    if (id == nullptr || !fields) return odd("events");
    Event event{text_of(*id), {}, {}};
    for (const auto& [name, value] : *fields) {
      if (name == "event") {
        event.name = value;
      } else {
        event.fields.emplace_back(name, value);
      }
    }
    events.push_back(std::move(event));
  }
  return events;
}

Result<std::vector<std::string>> read_texts(const redis::Reply& reply) {
  const auto* array = reply.array();
  if (array == nullptr) return odd("a list");
  std::vector<std::string> texts;
  texts.reserve(array->size());
  for (const redis::Reply& one : *array) texts.push_back(text_of(one));
  return texts;
}

std::string key_of(State state) {
  return state == State::waiting ? "wait" : std::string{to_string(state)};
}

State state_of(std::string_view key) {
  if (key == "wait" || key == "paused") return State::waiting;
  return state_from(key).value_or(State::none);
}

}  // namespace parley::jobs::detail
