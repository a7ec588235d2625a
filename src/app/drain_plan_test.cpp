#include "app/drain_plan.hpp"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

using namespace std::chrono_literals;

TEST(DrainPlan, sends_clients_away_over_no_more_than_half_of_the_time) {
  for (const std::chrono::milliseconds timeout : {1'000ms, 1'500ms, 2'000ms, 3'000ms, 10'000ms}) {
    const DrainPlan plan = drain_plan(timeout);
    EXPECT_GT(plan.jitter, 0ms) << timeout.count();
    EXPECT_LE(2 * plan.jitter, plan.serving) << timeout.count();
    EXPECT_LT(plan.serving, timeout) << timeout.count();
  }
}

TEST(DrainPlan, leaves_a_second_for_the_rest_where_there_is_time) {
  EXPECT_EQ(drain_plan(10s).serving, 9s);
  EXPECT_EQ(drain_plan(10s).jitter, 1'500ms);
  EXPECT_EQ(drain_plan(2s).serving, 1s);
  EXPECT_EQ(drain_plan(1s).serving, 500ms);
}

}  // namespace
}  // namespace parley::app
