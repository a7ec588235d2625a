#include "load/pacer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace parley::load {
namespace {

using namespace std::chrono_literals;
constexpr SteadyTime begin{100s};

TEST(Pacer, keeps_the_rate_however_late_it_is_asked) {
  Pacer pacer{1000, begin, 1};
  EXPECT_FALSE(pacer.take(begin));
  int taken = 0;
  SteadyTime last = begin;
  while (const auto intended = pacer.take(begin + 10s)) {
    EXPECT_GE(*intended, last);
    EXPECT_LE(*intended, begin + 10s);
    last = *intended;
    ++taken;
  }
  EXPECT_NEAR(taken, 10'000, 400);
  EXPECT_GT(pacer.next(), begin + 10s);
}

TEST(Pacer, spreads_calls_at_random) {
  Pacer pacer{1000, begin, 1};
  double sum = 0, squares = 0;
  SteadyTime last = begin;
  for (int i = 0; i < 10'000; ++i) {
    const auto intended = pacer.take(SteadyTime::max());
    const double gap = std::chrono::duration<double, std::milli>(*intended - last).count();
    last = *intended;
    sum += gap;
    squares += gap * gap;
  }
  const double mean = sum / 10'000;
  EXPECT_NEAR(mean, 1, 0.05);
  EXPECT_NEAR(std::sqrt(squares / 10'000 - mean * mean), 1, 0.1);
}

TEST(Turns, come_in_order_of_time_and_then_of_arrival) {
  Turns turns;
  EXPECT_EQ(turns.next(), SteadyTime::max());
  turns.add(begin + 2s, 1);
  turns.add(begin + 1s, 2);
  turns.add(begin + 1s, 3);
  EXPECT_FALSE(turns.take(begin));
  EXPECT_EQ(turns.next(), begin + 1s);
  EXPECT_EQ(turns.take(begin + 5s)->who, 2u);
  EXPECT_EQ(turns.take(begin + 5s)->who, 3u);
  const auto last = turns.take(begin + 5s);
  EXPECT_EQ(last->who, 1u);
  EXPECT_EQ(last->when, begin + 2s);
  EXPECT_FALSE(turns.take(begin + 5s));
}

}  // namespace
}  // namespace parley::load
