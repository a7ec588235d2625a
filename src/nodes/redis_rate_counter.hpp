#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/time.hpp"
#include "http/rate_limit.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"

namespace parley::nodes {

/// Counters that all nodes share, those of Node.js too: `rate_limit:<client>` counts what the limit
/// named `api` applies to, `rate_limit:<name>:<client>` any other's. A window begins with its first
/// hit. Nobody waits long for Redis: without an answer within `patience` the hit is not counted,
/// and for `pause` after that, and while there is no connection, hits fail at once. Any shard;
/// outlives the shards' threads.
class RedisRateCounter final : public http::RateCounter {
 public:
  static constexpr std::chrono::milliseconds patience{200};
  static constexpr std::chrono::milliseconds pause{1'000};

  /// Makes a connection of its own, because giving up on an answer ends one.
  RedisRateCounter(net::Shard& home, redis::Config config);

  Task<Result<http::Hit>> hit(std::string key, std::chrono::seconds window) override;

 private:
  redis::Client client_;
  std::atomic<SteadyTime> paused_until_{SteadyTime{}};
};

}  // namespace parley::nodes
