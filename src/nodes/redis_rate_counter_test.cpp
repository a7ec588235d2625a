#include "nodes/redis_rate_counter.hpp"

#include <gtest/gtest.h>

#include "net/testing.hpp"
#include "redis/testing.hpp"

namespace parley::nodes {
namespace {

using namespace std::chrono_literals;

class RedisRateCounterTest : public ::testing::Test {
 protected:
  Result<http::Hit> hit(RedisRateCounter& counter, std::string key) {
    std::optional<Result<http::Hit>> out;
    shard_.spawn("test", keep(counter, std::move(key), out));
    EXPECT_TRUE(net::run_until(shard_, [&] { return out.has_value(); }));
    return *out;
  }
  /// The first one that is counted: until then there is no connection.
  http::Hit first_hit(RedisRateCounter& counter, const std::string& key) {
    Result<http::Hit> got = fail(Errc::unavailable);
    EXPECT_TRUE(net::run_until(shard_, [&] {
      got = hit(counter, key);
      return got.has_value();
    }));
    return *got;
  }
  static Task<void> keep(RedisRateCounter& counter, std::string key,
                         std::optional<Result<http::Hit>>& out) {
    out = co_await counter.hit(std::move(key), 60s);
  }

  redis::testing::RedisServer server_;
  net::Shard shard_{0};
  RedisRateCounter counter_{shard_, server_.config()};
  RedisRateCounter other_{shard_, server_.config()};
};

TEST_F(RedisRateCounterTest, counts_over_all_nodes) {
  const http::Hit first = first_hit(counter_, "api:1.2.3.4");
  EXPECT_EQ(first.count, 1u);
  EXPECT_EQ(first.resets_in, 60s);
  EXPECT_EQ(first_hit(other_, "api:1.2.3.4").count, 2u);
  EXPECT_EQ(hit(counter_, "api:1.2.3.4")->count, 3u);
  EXPECT_EQ(hit(counter_, "api:5.6.7.8")->count, 1u);
}

TEST_F(RedisRateCounterTest, keeps_the_keys_of_the_original) {
  first_hit(counter_, "api:1.2.3.4");
  first_hit(counter_, "auth:1.2.3.4");
  EXPECT_EQ(*server_.call({"GET", "rate_limit:1.2.3.4"}).text(), "1");
  EXPECT_EQ(*server_.call({"GET", "rate_limit:auth:1.2.3.4"}).text(), "1");
  const std::int64_t left = *server_.call({"PTTL", "rate_limit:1.2.3.4"}).integer();
  EXPECT_GT(left, 50'000);
  EXPECT_LE(left, 60'000);
}

TEST_F(RedisRateCounterTest, begins_anew_when_the_window_is_over) {
  first_hit(counter_, "api:1.2.3.4");
  EXPECT_EQ(hit(counter_, "api:1.2.3.4")->count, 2u);
  server_.call({"PEXPIRE", "rate_limit:1.2.3.4", "0"});
  EXPECT_EQ(hit(counter_, "api:1.2.3.4")->count, 1u);
}

TEST_F(RedisRateCounterTest, ends_a_counter_that_has_no_end) {
  server_.call({"SET", "rate_limit:1.2.3.4", "7"});
  EXPECT_EQ(first_hit(counter_, "api:1.2.3.4").count, 8u);
  EXPECT_GT(*server_.call({"PTTL", "rate_limit:1.2.3.4"}).integer(), 0);
}

TEST_F(RedisRateCounterTest, fails_soon_when_redis_is_away_and_comes_back) {
  first_hit(counter_, "api:1.2.3.4");
  server_.pause();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(hit(counter_, "api:1.2.3.4").error().code, Errc::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
  EXPECT_FALSE(hit(counter_, "api:1.2.3.4"));
  server_.resume();
  EXPECT_GE(first_hit(counter_, "api:1.2.3.4").count, 2u);
}

TEST_F(RedisRateCounterTest, does_not_ask_a_slow_server_again_at_once) {
  first_hit(counter_, "api:1.2.3.4");
  server_.pause();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(hit(counter_, "api:1.2.3.4"));
  server_.resume();
  const auto refused = hit(counter_, "api:1.2.3.4");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "Redis was too slow a moment ago");
  first_hit(counter_, "api:1.2.3.4");
  EXPECT_GE(std::chrono::steady_clock::now() - before, RedisRateCounter::pause);
}

TEST_F(RedisRateCounterTest, takes_no_other_value_for_a_counter) {
  first_hit(counter_, "api:5.6.7.8");
  server_.call({"SET", "rate_limit:1.2.3.4", "nonsense"});
  EXPECT_FALSE(hit(counter_, "api:1.2.3.4"));
}

}  // namespace
}  // namespace parley::nodes
