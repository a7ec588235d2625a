#include "redis/detail/backoff.hpp"

#include <gtest/gtest.h>

namespace parley::redis::detail {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, doubles_up_to_its_limit) {
  Backoff backoff{50ms, 300ms};
  for (const auto expected : {50ms, 100ms, 200ms, 300ms, 300ms})
    EXPECT_EQ(backoff.next(1), expected);
}

TEST(Backoff, takes_up_to_half_of_a_step_away) {
  Backoff backoff{100ms, 100ms};
  EXPECT_EQ(backoff.next(0), 50ms);
  EXPECT_EQ(backoff.next(0.5), 75ms);
}

TEST(Backoff, begins_anew_after_a_good_connection) {
  Backoff backoff{10ms, 1s};
  backoff.next(1);
  backoff.next(1);
  backoff.reset();
  EXPECT_EQ(backoff.next(1), 10ms);
}

TEST(Backoff, never_spins) {
  Backoff backoff{0ms, 0ms};
  backoff.next(1);
  EXPECT_EQ(backoff.next(1), 1ms);
}

}  // namespace
}  // namespace parley::redis::detail
