#include "api/budget.hpp"

#include <gtest/gtest.h>

namespace parley::api {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};

chat::UserId user(std::uint32_t number) {
  chat::UserId id;
  for (std::size_t i = 0; i < 4; ++i)
    id.bytes[8 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}
/// Of so many tries.
int spent(Budget& budget, const chat::UserId& who, SteadyTime now, int tries = 100) {
  int done = 0;
  for (int i = 0; i < tries; ++i) done += budget.spend(who, now) ? 1 : 0;
  return done;
}

TEST(Budget, gives_so_much_at_once_and_then_as_time_goes) {
  Budget budget{10, 100ms};
  EXPECT_EQ(spent(budget, user(1), start), 10);
  EXPECT_EQ(spent(budget, user(1), start + 99ms), 0);
  EXPECT_EQ(spent(budget, user(1), start + 100ms), 1);
  EXPECT_EQ(spent(budget, user(1), start + 450ms), 3);
  EXPECT_EQ(spent(budget, user(1), start + 1h), 10);
}

TEST(Budget, is_each_users_own) {
  Budget budget{2, 1s};
  EXPECT_EQ(spent(budget, user(1), start), 2);
  EXPECT_EQ(spent(budget, user(2), start), 2);
}

TEST(Budget, has_no_end_at_0) {
  Budget budget{1, 0s};
  EXPECT_EQ(spent(budget, user(1), start), 100);
}

TEST(Budget, remembers_who_goes_on_however_many_others_come) {
  Budget budget{2, 1min};
  spent(budget, user(0), start);
  for (std::uint32_t other = 1; other < 100'000; ++other) {
    budget.spend(user(other), start);
    if (other % 1'000 == 0) {
      EXPECT_EQ(spent(budget, user(0), start, 1), 0) << other;
    }
  }
}

}  // namespace
}  // namespace parley::api
