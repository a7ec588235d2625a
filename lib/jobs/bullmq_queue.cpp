#include "jobs/bullmq_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"
#include "jobs/detail/lua.hpp"
#include "jobs/detail/replies.hpp"
#include "jobs/draft.hpp"
#include "ops/log.hpp"

namespace parley::jobs {

namespace lua = detail::lua;
using Arguments = std::vector<std::string>;

namespace {

/// Jobs that one call of obliterate removes, so that Redis serves others in between.
constexpr const char* obliterate_batch = "1000";

std::string number(std::size_t value) { return std::to_string(value); }

}  // namespace

BullmqQueue::BullmqQueue(redis::Client& redis, BullmqConfig config)
    : redis_(redis), config_(std::move(config)) {}

Task<Result<redis::Reply>> BullmqQueue::run(const redis::Script& script, Arguments arguments) {
  Arguments all = detail::common_arguments(config_);
  Arguments keys{config_.key_prefix() + "meta"};
  all.insert(all.end(), std::make_move_iterator(arguments.begin()),
             std::make_move_iterator(arguments.end()));
  co_return heard(co_await redis_.eval(script, std::move(keys), std::move(all)));
}

Result<redis::Reply> BullmqQueue::heard(Result<redis::Reply> reply) {
  auto answer = detail::answer_of(std::move(reply));
  if (answer) {
    is_refused_ = false;
  } else if (answer.error().code == Errc::unavailable && redis_.is_connected() &&
             !redis::cannot_serve(answer.error().detail) && !is_refused_.exchange(true)) {
    ops::log().warn("Redis refuses what the queue needs",
                    {{"queue", config_.name}, {"reason", answer.error().detail}});
  }
  return answer;
}

Task<Result<Done>> BullmqQueue::change(const redis::Script& script, Arguments arguments) {
  const auto reply = co_await run(script, std::move(arguments));
  if (!reply) co_return reply.error();
  co_return detail::read_code(*reply);
}

Task<Result<Added>> BullmqQueue::add(NewJob job, Time now) {
  std::vector<NewJob> one;
  one.push_back(std::move(job));
  auto added = co_await add_all(std::move(one), now);
  if (!added) co_return added.error();
  co_return std::move(added->front());
}

Task<Result<std::vector<Added>>> BullmqQueue::add_all(std::vector<NewJob> jobs, Time now) {
  if (jobs.empty()) co_return std::vector<Added>{};
  if (const auto sound = check(jobs); !sound) co_return sound.error();
  Arguments arguments;
  arguments.reserve(jobs.size() * 11);
  for (const NewJob& job : jobs) detail::append_arguments(arguments, job, now);
  const auto reply = co_await run(lua::add, std::move(arguments));
  if (!reply) co_return reply.error();
  co_return detail::read_added(*reply, jobs.size());
}

Task<Result<Counts>> BullmqQueue::counts() {
  Arguments none;
  const auto reply = co_await run(lua::counts, std::move(none));
  if (!reply) co_return reply.error();
  co_return detail::read_counts(*reply);
}

Task<Result<std::vector<Job>>> BullmqQueue::list(State state, Page page) {
  if (state == State::none) co_return fail(Errc::bad_request, "no such list");
  const std::size_t limit = std::min(page.limit, Page::max_page);
  if (limit == 0) co_return std::vector<Job>{};
  Arguments arguments{std::string{to_string(state)}, number(page.offset), number(limit)};
  const auto reply = co_await run(lua::list, std::move(arguments));
  if (!reply) co_return reply.error();
  co_return detail::read_jobs(*reply, state);
}

Task<Result<Job>> BullmqQueue::get(JobId id) {
  Arguments arguments{id};
  const auto reply = co_await run(lua::get, std::move(arguments));
  if (!reply) co_return reply.error();
  const auto* found = reply->array();
  if (found == nullptr || found->empty()) co_return fail(Errc::corrupt, "get: no answer");
  if (found->size() < 2) co_return fail(Errc::not_found, "no such job");
  auto job = detail::read_job(std::move(id), (*found)[1]);
  if (job) job->state = detail::state_of(detail::text_of((*found)[0]));
  co_return job;
}

Task<Result<std::vector<std::string>>> BullmqQueue::log_of(JobId id, Page page) {
  const std::size_t limit = std::min(page.limit, Page::max_page);
  if (limit == 0) co_return std::vector<std::string>{};
  redis::Command command{"LRANGE", config_.key_prefix() + id + ":logs", number(page.offset),
                         number(page.offset + limit - 1)};
  const auto reply = heard(co_await redis_.call(std::move(command)));
  if (!reply) co_return reply.error();
  co_return detail::read_texts(*reply);
}

Task<Result<std::vector<Event>>> BullmqQueue::events(std::string after, std::size_t limit) {
  const std::size_t most = std::min(std::max<std::size_t>(limit, 1), Page::max_page);
  std::string from = after.empty() ? "-" : "(" + after;
  redis::Command command{
      "XRANGE", config_.key_prefix() + "events", std::move(from), "+", "COUNT", number(most)};
  const auto reply = heard(co_await redis_.call(std::move(command)));
  if (!reply) co_return reply.error();
  co_return detail::read_events(*reply);
}

Task<Result<Done>> BullmqQueue::retry(JobId id, Time) {
  Arguments arguments{std::move(id)};
  co_return co_await change(lua::retry, std::move(arguments));
}

Task<Result<Done>> BullmqQueue::promote(JobId id, Time) {
  Arguments arguments{std::move(id)};
  co_return co_await change(lua::promote, std::move(arguments));
}

Task<Result<Done>> BullmqQueue::remove(JobId id) {
  Arguments arguments{std::move(id)};
  co_return co_await change(lua::remove, std::move(arguments));
}

Task<Result<Done>> BullmqQueue::set_progress(JobId id, std::string json) {
  if (const auto parsed = json::parse(json); !parsed) co_return parsed.error();
  Arguments arguments{std::move(id), std::move(json)};
  co_return co_await change(lua::set_progress, std::move(arguments));
}

Task<Result<Done>> BullmqQueue::append_log(JobId id, std::string line) {
  Arguments arguments{std::move(id), std::move(line)};
  co_return co_await change(lua::append_log, std::move(arguments));
}

Task<Result<Done>> BullmqQueue::pause() {
  Arguments none;
  co_return co_await change(lua::pause, std::move(none));
}

Task<Result<Done>> BullmqQueue::resume() {
  for (;;) {
    Arguments none;
    const auto reply = co_await run(lua::resume, std::move(none));
    if (!reply) co_return reply.error();
    const auto* answer = reply->array();
    const bool again =
        answer != nullptr && !answer->empty() && detail::number_of(answer->front()) == 1;
    if (!again) co_return detail::read_code(*reply);
  }
}

Task<Result<Done>> BullmqQueue::drain(bool with_delayed) {
  Arguments arguments{with_delayed ? "1" : "0"};
  co_return co_await change(lua::drain, std::move(arguments));
}

Task<Result<std::size_t>> BullmqQueue::clean(Clean what, Time now) {
  if (what.state == State::none || what.state == State::active)
    co_return fail(Errc::bad_request, "such jobs cannot be cleaned");
  Arguments arguments{detail::key_of(what.state), std::to_string(to_unix_ms(now - what.grace)),
                      number(std::min<std::size_t>(what.limit, 10'000))};
  const auto reply = co_await run(lua::clean, std::move(arguments));
  if (!reply) co_return reply.error();
  const auto* answer = reply->array();
  const auto count =
      answer == nullptr || answer->empty() ? std::nullopt : detail::number_of(answer->front());
  if (!count || *count < 0) co_return fail(Errc::corrupt, "clean: an odd answer");
  co_return static_cast<std::size_t>(*count);
}

Task<Result<Done>> BullmqQueue::obliterate(bool force) {
  for (;;) {
    Arguments arguments{force ? "1" : "0", obliterate_batch};
    const auto reply = co_await run(lua::obliterate, std::move(arguments));
    if (!reply) co_return reply.error();
    const auto* answer = reply->array();
    const auto code =
        answer == nullptr || answer->empty() ? std::nullopt : detail::number_of(answer->front());
    if (code == -1) co_return fail(Errc::conflict, "the queue is not paused");
    if (code == -2) co_return fail(Errc::conflict, "jobs are running");
    if (code != 1) co_return detail::read_code(*reply);
  }
}

}  // namespace parley::jobs
