#include "store/mongo/server_clock.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace parley::store::mongo {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr Time begin = Time{1'790'000'000'000ms};

/// What a moment is for whom. Moments are counted from the start.
SteadyTime steady(nanoseconds moment) { return SteadyTime{123'456s + moment}; }
Time real(nanoseconds moment) { return begin + std::chrono::floor<milliseconds>(moment); }

struct Trip {
  milliseconds there = 0ms, back = 0ms;
};

/// One node, asking a server whose clock is before the real time by `shift`.
struct Node {
  Result<milliseconds> ask(nanoseconds moment, nanoseconds shift, Trip trip = {}) {
    return clock.take({steady(moment), steady(moment + trip.there + trip.back),
                       real(moment + trip.there + shift), real(moment) + wall});
  }
  /// Before the real time.
  milliseconds ahead(nanoseconds moment) const { return clock.at(steady(moment)) - real(moment); }
  /// What it takes for past, the same.
  milliseconds past(nanoseconds moment) const {
    return clock.reached_by_all(steady(moment)) - real(moment);
  }

  ServerClock clock;
  milliseconds wall{0};  ///< How far the machine's own clock is before the real time.
};

void expect_near(milliseconds value, milliseconds expected, milliseconds error) {
  EXPECT_LE(std::chrono::abs(value - expected), error) << value.count() << " ms";
}

TEST(ServerClock, tells_the_servers_time_whatever_the_machine_says) {
  Node one, other;
  other.wall = -1h;
  for (Node* node : {&one, &other}) {
    ASSERT_TRUE(node->ask(0s, 7s, {2ms, 2ms}));
    expect_near(node->ahead(0s), 7s, 1ms);
    expect_near(node->ahead(90s), 7s, 1ms);
  }
}

TEST(ServerClock, keeps_the_sample_with_the_shortest_round_trip) {
  Node node;
  ASSERT_TRUE(node.ask(0s, 0s, {1ms, 1ms}));
  for (auto moment = 1s; moment < 60s; ++moment)
    EXPECT_EQ(*node.ask(moment, 0s, {0ms, 800ms}), 0ms) << "which alone would be wrong by 400 ms";
  expect_near(node.ahead(60s), 0ms, 2ms);
}

TEST(ServerClock, takes_a_better_sample) {
  Node node;
  ASSERT_TRUE(node.ask(0s, 0s, {4s, 0ms}));
  expect_near(node.ahead(4s), 2s, 1ms);
  EXPECT_EQ(*node.ask(5s, 0s, {1ms, 1ms}), -2s);
  expect_near(node.past(6s), 0ms, 2ms);
  expect_near(node.ahead(10s), 0ms, 2ms);
}

TEST(ServerClock, follows_a_server_whose_clock_goes_at_another_speed) {
  Node node;
  std::mt19937 random{7};
  for (auto moment = 0s; moment < 3'600s; ++moment) {
    const auto shift = moment / 5'000;  // 200 ppm
    const Trip trip{milliseconds{random() % 30}, milliseconds{random() % 30}};
    ASSERT_TRUE(node.ask(moment, shift, trip));
    expect_near(node.ahead(moment + 60ms), std::chrono::floor<milliseconds>(shift), 32ms);
  }
}

TEST(ServerClock, writes_at_once_with_the_time_of_a_primary_that_is_ahead) {
  Node node;
  ASSERT_TRUE(node.ask(0s, 0s));
  EXPECT_EQ(*node.ask(10s, 60s), 60s);
  for (const auto moment : {10s, 70s, 130s, 3'600s}) expect_near(node.ahead(moment), 60s, 1ms);
  expect_near(node.past(10s), 0s, 1ms);
  expect_near(node.past(70s), 30s, 1ms);
  expect_near(node.past(130s), 60s, 1ms);
  expect_near(node.past(1h), 60s, 1ms);
}

TEST(ServerClock, never_goes_back_to_a_primary_that_is_behind) {
  Node node;
  ASSERT_TRUE(node.ask(0s, 0s));
  EXPECT_EQ(*node.ask(10s, -60s), -60s);
  Time before = node.clock.at(steady(10s));
  for (auto moment = 10'000ms; moment < 200'000ms; moment += 10ms) {
    const Time now = node.clock.at(steady(moment));
    ASSERT_GE(now, before);
    before = now;
    expect_near(node.past(moment), -60s, 1ms);
  }
  expect_near(node.ahead(70s), -30s, 1ms);
  expect_near(node.ahead(130s), -60s, 1ms);
}

TEST(ServerClock, takes_little_for_past_that_another_node_may_still_write_with) {
  for (const auto jump : {-3h, -1h, 1h, 3h}) {
    Node early, late;
    for (auto moment = 0s; moment < 8h; moment += 1s) {
      ASSERT_TRUE(early.ask(moment, moment < 20s ? 0s : nanoseconds{jump}));
      ASSERT_TRUE(late.ask(moment, moment < 24s ? 0s : nanoseconds{jump}));
      const auto begun = std::min(early.ahead(moment), late.ahead(moment));
      const auto past = std::max(early.past(moment), late.past(moment));
      ASSERT_LE(past - begun, 2'001ms) << "half of the 4 s between them";
    }
    for (const Node* node : {&early, &late}) {
      expect_near(node->ahead(8h), jump, 1ms);
      expect_near(node->past(8h), jump, 1ms);
    }
  }
}

TEST(ServerClock, catches_up_at_once_when_the_machine_has_stood_still) {
  Node node;
  ASSERT_TRUE(node.ask(0s, 0s));
  // For 5 min of the real time our steady clock has not gone on: to it the server has jumped.
  EXPECT_EQ(*node.ask(1s, 5min), 5min);
  expect_near(node.ahead(1s), 5min, 1ms);
}

TEST(ServerClock, does_not_run_away_between_primaries_that_disagree) {
  Node node;
  std::mt19937 random{11};
  ASSERT_TRUE(node.ask(0s, 0s));
  Time before = node.clock.at(steady(0s));
  for (auto moment = 0s; moment < 4h; moment += 1s) {
    const milliseconds shift{static_cast<int>(random() % 7'200'000) - 3'600'000};
    ASSERT_TRUE(
        node.ask(moment, shift, {milliseconds{random() % 50}, milliseconds{random() % 50}}));
    const Time now = node.clock.at(steady(moment + 100ms));
    ASSERT_GE(now, before);
    ASSERT_LE(std::chrono::abs(node.ahead(moment + 100ms)), 1h + 1s);
    ASSERT_LE(std::chrono::abs(node.past(moment + 100ms)), 1h + 1s);
    before = now;
  }
}

TEST(ServerClock, believes_no_nonsense) {
  Node node;
  const auto say = [&](Time theirs) {
    return node.clock.take({steady(0s), steady(1ms), theirs, begin});
  };
  const Time nonsense[] = {Time{},
                           Time{1s},
                           begin - 25h,
                           begin + 25h,
                           begin + 24h * 365 * 50,
                           Time{milliseconds{std::numeric_limits<std::int64_t>::min()}},
                           Time{milliseconds{std::numeric_limits<std::int64_t>::max()}}};
  for (const Time theirs : nonsense) EXPECT_FALSE(say(theirs));
  ASSERT_TRUE(say(begin));
  for (const Time theirs : nonsense) {
    EXPECT_FALSE(say(theirs));
    expect_near(node.ahead(3s), 0s, 2ms);
  }
  EXPECT_EQ(say(Time{}).error().detail,
            "MongoDB's clock says 1970-01-01T00:00:00.000Z and this machine's "
            "2026-09-21T14:13:20.000Z: set the one that is wrong");
}

}  // namespace
}  // namespace parley::store::mongo
