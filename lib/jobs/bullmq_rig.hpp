#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "jobs/bullmq_queue.hpp"
#include "jobs/bullmq_source.hpp"
#include "jobs/contract/rig.hpp"
#include "jobs/detail/replies.hpp"
#include "redis/testing.hpp"

namespace parley::jobs {

/// One redis-server for all tests of the program.
inline redis::testing::RedisServer& shared_redis() {
  static redis::testing::RedisServer server;
  return server;
}

/// A queue of its own on a redis-server, and the connection to it.
class BullmqStore final : public contract::Store {
 public:
  explicit BullmqStore(net::Shard& shard, redis::testing::RedisServer& server = shared_redis())
      : shard_(shard), server_(server), redis_(shard, server.config(), "test") {
    static int made = 0;
    config_.name = "queue-" + std::to_string(++made);
    queue_ = std::make_unique<BullmqQueue>(redis_, config_);
    if (!net::run_until(shard_, [this] { return redis_.is_connected(); }))
      throw std::runtime_error("no connection: " + redis_.last_error());
  }
  Queue& queue() override { return *queue_; }
  std::shared_ptr<Source> new_source() override {
    return std::make_shared<BullmqSource>(shard_, redis_, server_.config(), config_, "w");
  }
  std::string key(const std::string& name) const { return config_.key_prefix() + name; }
  const BullmqConfig& config() const { return config_; }
  redis::Client& redis() { return redis_; }

 private:
  net::Shard& shard_;
  redis::testing::RedisServer& server_;
  redis::Client redis_;
  BullmqConfig config_;
  std::unique_ptr<BullmqQueue> queue_;
};

/// What a test asks of a BullmqStore, and of the keys themselves.
class BullmqTest : public ::testing::Test {
 protected:
  template <class T>
  static Task<void> keep(Task<T> task, std::shared_ptr<std::optional<T>> out) {
    out->emplace(co_await std::move(task));
  }
  template <class T>
  T run(Task<T> task) {
    auto out = std::make_shared<std::optional<T>>();
    shard_.spawn("test", keep(std::move(task), out));
    if (!net::run_until(shard_, [&out] { return out->has_value(); }))
      throw std::runtime_error("a call does not end");
    return std::move(**out);
  }
  JobId add(JobOptions options = {}) {
    return run(store_.queue().add({"n", "{}", std::move(options)}, at_))->id;
  }
  redis::Reply redis(redis::Command command) { return shared_redis().call(command); }
  std::string text(redis::Command command) { return detail::text_of(redis(std::move(command))); }

  const Time at_ = from_unix_ms(1'760'000'000'000);
  net::Shard shard_{0};
  BullmqStore store_{shard_};
};

}  // namespace parley::jobs
