#include "nodes/redis_rate_counter.hpp"

#include <algorithm>
#include <utility>

namespace parley::nodes {

namespace {

/// Counts, and gives the count and the milliseconds left. A counter without an end (whoever made it
/// died in between) gets one.
const redis::Script& counting() {
  static const redis::Script script(R"(
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left})");
  return script;
}

/// A client gives up a little later than its timeout.
redis::Config impatient(redis::Config config) {
  config.command_timeout = RedisRateCounter::patience - std::chrono::milliseconds{20};
  return config;
}

/// The original has one counter a client, without a name.
std::string redis_key(std::string_view key) {
  constexpr std::string_view general = "api:";
  if (key.starts_with(general)) key.remove_prefix(general.size());
  return "rate_limit:" + std::string{key};
}

}  // namespace

RedisRateCounter::RedisRateCounter(net::Shard& home, redis::Config config)
    : client_(home, impatient(std::move(config)), "counters") {}

Task<Result<http::Hit>> RedisRateCounter::hit(std::string key, std::chrono::seconds window) {
  const bool is_paused = std::chrono::steady_clock::now() < paused_until_.load();
  if (is_paused) co_return fail(Errc::unavailable, "Redis was too slow a moment ago");
  // Without a connection it fails at once, and that is over when there is one.
  const bool may_wait = client_.is_connected();
  const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(window);
  std::vector<std::string> keys{redis_key(key)}, arguments{std::to_string(length.count())};
  const redis::Script& script = counting();
  const auto reply = co_await client_.eval(script, std::move(keys), std::move(arguments));
  if (!reply) {
    const bool is_away = reply.error().code != Errc::bad_request;
    if (may_wait && is_away) paused_until_ = std::chrono::steady_clock::now() + pause;
    co_return reply.error();
  }
  const redis::Reply::Array* pair = reply->array();
  const bool is_pair = pair != nullptr && pair->size() == 2;
  const std::int64_t* count = is_pair ? (*pair)[0].integer() : nullptr;
  const std::int64_t* left = is_pair ? (*pair)[1].integer() : nullptr;
  if (count == nullptr || left == nullptr || *count < 0)
    co_return fail(Errc::corrupt, "not a counter's answer");
  const std::chrono::milliseconds rest{std::clamp<std::int64_t>(*left, 1, length.count())};
  co_return http::Hit{static_cast<std::uint64_t>(*count),
                      std::chrono::ceil<std::chrono::seconds>(rest)};
}

}  // namespace parley::nodes
