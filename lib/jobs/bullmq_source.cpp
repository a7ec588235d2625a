#include "jobs/bullmq_source.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "jobs/detail/lua.hpp"
#include "jobs/detail/replies.hpp"
#include "net/signal.hpp"
#include "ops/log.hpp"

namespace parley::jobs {

namespace lua = detail::lua;
using Arguments = std::vector<std::string>;

namespace {

redis::Config patient(redis::Config config) {
  config.command_timeout = BullmqSource::max_wait + 2s;
  return config;
}

/// `1.250`; Redis takes 0 for "for ever".
std::string seconds_of(std::chrono::milliseconds limit) {
  const auto ms = std::clamp<std::int64_t>(limit.count(), 2, BullmqSource::max_wait.count());
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(ms) / 1000);
  return text;
}

}  // namespace

/// The connection that blocks on the queue's marker. A wait that was woken early leaves its command
/// behind; the next one waits for that same answer.
class BullmqSource::Marker : public std::enable_shared_from_this<Marker> {
 public:
  Marker(net::Shard& home, redis::Config config, const BullmqConfig& queue,
         const std::string& worker)
      : home_(home),
        key_(queue.key_prefix() + "marker"),
        name_(connection_name(queue, worker)),
        client_(std::make_unique<redis::Client>(home, patient(std::move(config)), name_)),
        signal_(home.executor()) {}

  /// Ends the connection; a wait that goes on ends, too.
  void close() {
    client_.reset();
    signal_.notify();
  }

  Task<Result<Done>> wait(std::chrono::milliseconds limit) {
    const auto self = shared_from_this();
    if (!client_) co_return fail(Errc::closed, "the worker has ended");
    std::chrono::milliseconds most = limit;
    if (!popping_) {
      most += 3s;  // Redis ends it, or the client's deadline
      popping_ = true;
      failure_.reset();
      home_.spawn("a wait for jobs", pop(self, seconds_of(limit)));
    }
    if (popping_) co_await signal_.wait(most);
    if (failure_) co_return *std::exchange(failure_, std::nullopt);
    co_return Done{};
  }

  void wake() { signal_.notify(); }

 private:
  static Task<void> pop(std::shared_ptr<Marker> self, std::string timeout) {
    redis::Command command{"BZPOPMIN", self->key_, std::move(timeout)};
    const auto reply = detail::answer_of(co_await self->client_->call(std::move(command)));
    self->popping_ = false;
    if (!reply) self->failure_ = reply.error();
    self->signal_.notify();
  }

  net::Shard& home_;
  const std::string key_, name_;
  std::unique_ptr<redis::Client> client_;
  net::Signal signal_;
  bool popping_ = false;
  std::optional<Error> failure_;
};

BullmqSource::BullmqSource(net::Shard& home, redis::Client& redis, redis::Config blocking,
                           BullmqConfig config, std::string worker)
    : redis_(redis), config_(std::move(config)) {
  marker_ = std::make_shared<Marker>(home, std::move(blocking), config_, worker);
}

BullmqSource::~BullmqSource() { marker_->close(); }

Task<Result<redis::Reply>> BullmqSource::run(const redis::Script& script, Arguments arguments) {
  Arguments all = detail::common_arguments(config_);
  Arguments keys{config_.key_prefix() + "meta"};
  all.insert(all.end(), std::make_move_iterator(arguments.begin()),
             std::make_move_iterator(arguments.end()));
  co_return detail::answer_of(co_await redis_.eval(script, std::move(keys), std::move(all)));
}

Task<Result<Done>> BullmqSource::open() {
  Arguments none;
  const auto reply = co_await run(lua::survey, std::move(none));
  if (!reply) co_return reply.error();
  const auto* found = reply->array();
  if (found == nullptr || found->size() != 3) co_return fail(Errc::corrupt, "survey: no answer");
  const std::string version = detail::text_of((*found)[0]);
  const bool is_old = version.rfind("bullmq:3.", 0) == 0 || version.rfind("bullmq:4.", 0) == 0;
  if (is_old || detail::number_of((*found)[1]) != 0)
    co_return fail(Errc::not_supported, "bullmq 3.x or 4.x uses this queue");
  if (detail::number_of((*found)[2]) != 0)
    co_return fail(Errc::not_supported, "the queue has a schedule by pattern");
  co_await warn_of_eviction();
  co_return Done{};
}

Task<void> BullmqSource::warn_of_eviction() {
  redis::Command question{"CONFIG", "GET", "maxmemory-policy"};
  const auto answer = co_await redis_.call(std::move(question));
  // Not every account may ask.
  const auto* pair = answer ? answer->array() : nullptr;
  const std::string policy =
      pair != nullptr && pair->size() == 2 ? detail::text_of((*pair)[1]) : std::string{};
  if (policy.empty() || policy == "noeviction") co_return;
  ops::log().warn("Redis may lose jobs when memory is short: it needs maxmemory-policy noeviction",
                  {{"policy", policy}});
}

Task<Result<Taken>> BullmqSource::take(Taking how, Time now) {
  Arguments arguments{std::to_string(to_unix_ms(now))};
  detail::append_arguments(arguments, how);
  const auto reply = co_await run(lua::take, std::move(arguments));
  if (!reply) co_return reply.error();
  auto taken = detail::read_taken(*reply, now);
  if (!taken || !taken->job || taken->job->scheduler_id.empty()) co_return taken;
  co_return co_await follow_schedule(std::move(*taken), now);
}

Task<Result<Taken>> BullmqSource::settle(Ending ending, std::optional<Taking> next, Time now) {
  Arguments arguments = detail::settle_arguments(ending, now);
  arguments.emplace_back(next ? "1" : "0");
  if (next) detail::append_arguments(arguments, *next);
  const auto reply = co_await run(lua::settle, std::move(arguments));
  if (!reply) co_return reply.error();
  auto taken = detail::read_settled(*reply, now);
  if (!taken || !taken->job || taken->job->scheduler_id.empty()) co_return taken;
  auto followed = co_await follow_schedule(std::move(*taken), now);
  if (!followed) co_return Taken{};  // The run has ended all the same.
  co_return followed;
}

Task<Result<Taken>> BullmqSource::follow_schedule(Taken taken, Time now) {
  Arguments arguments{taken.job->id, taken.job->scheduler_id, std::to_string(to_unix_ms(now))};
  const auto reply = co_await run(lua::next_run, std::move(arguments));
  const auto made = reply ? detail::read_code(*reply) : Result<Done>(reply.error());
  if (made) co_return taken;
  ops::log().error("a schedule cannot be followed for now: this run waits until it stalls",
                   {{"queue", config_.name},
                    {"scheduler", taken.job->scheduler_id},
                    {"reason", made.error().detail}});
  co_return made.error();
}

Task<Result<std::vector<Token>>> BullmqSource::extend(std::vector<Lock> locks,
                                                      std::chrono::milliseconds lock, Time) {
  if (locks.empty()) co_return std::vector<Token>{};
  Arguments arguments{std::to_string(lock.count())};
  for (Lock& one : locks) {
    arguments.push_back(std::move(one.id));
    arguments.push_back(std::move(one.token));
  }
  const auto reply = co_await run(lua::extend, std::move(arguments));
  if (!reply) co_return reply.error();
  co_return detail::read_texts(*reply);
}

Task<Result<std::vector<JobId>>> BullmqSource::rescue(Stalled how, Time now) {
  Arguments arguments{std::to_string(to_unix_ms(now)), std::to_string(how.max_count),
                      std::to_string(std::max<std::int64_t>(how.interval.count(), 1))};
  const auto reply = co_await run(lua::rescue, std::move(arguments));
  if (!reply) co_return reply.error();
  co_return detail::read_texts(*reply);
}

Task<Result<Done>> BullmqSource::wait(std::chrono::milliseconds limit) {
  const auto marker = marker_;
  co_return co_await marker->wait(limit);
}

void BullmqSource::wake() { marker_->wake(); }

}  // namespace parley::jobs
