#include "store/embedded/cadence.hpp"

#include <gtest/gtest.h>

namespace parley::store::embedded {
namespace {

constexpr SteadyTime start{1h};
constexpr bool urgent = true, can_wait = false;

/// A pause of 2 ms at most, 2 ms of patience, told of life every 5 s.
Cadence new_cadence() { return Cadence{Config{}}; }

/// So many urgent operations are written, from `began` on.
void write(Cadence& cadence, std::size_t count, SteadyTime began, SteadyTime::duration taken) {
  for (std::size_t i = 0; i < count; ++i) cadence.add(urgent);
  ASSERT_EQ(cadence.rest(began), std::nullopt);
  cadence.begin_batch(began);
  cadence.end_batch(began + taken);
}

TEST(Cadence, begins_at_once_for_one_urgent_operation_after_another) {
  Cadence cadence = new_cadence();
  write(cadence, 1, start, 1ms);
  write(cadence, Cadence::small_batch - 1, start + 1ms, 1ms);
  cadence.add(urgent);
  EXPECT_EQ(cadence.rest(start + 2ms), std::nullopt);
}

TEST(Cadence, pauses_after_a_batch_that_shows_load_for_four_times_as_long_as_it_took) {
  Cadence cadence = new_cadence();
  write(cadence, Cadence::small_batch, start, 200us);
  ASSERT_EQ(cadence.rest(start + 200us), start + 800us);
  EXPECT_FALSE(cadence.add(urgent)) << "nobody is woken in a pause";
  EXPECT_EQ(cadence.rest(start + 799us), start + 800us);
  EXPECT_EQ(cadence.rest(start + 800us), std::nullopt);
}

TEST(Cadence, pauses_for_no_longer_than_it_may) {
  Cadence cadence = new_cadence();
  write(cadence, 100, start, 700us);
  EXPECT_EQ(cadence.rest(start + 700us), start + 2ms);
  cadence.add(urgent);
  ASSERT_EQ(cadence.rest(start + 2ms), std::nullopt);
  write(cadence, 100, start + 2ms, 9ms);
  cadence.add(urgent);
  EXPECT_EQ(cadence.rest(start + 11ms), std::nullopt) << "a slow disk is pause enough";
}

TEST(Cadence, counts_what_can_wait_as_no_load) {
  Cadence cadence = new_cadence();
  for (int i = 0; i < 100; ++i) cadence.add(can_wait);
  write(cadence, Cadence::small_batch - 1, start, 1ms);
  cadence.add(urgent);
  EXPECT_EQ(cadence.rest(start + 1ms), std::nullopt);
}

TEST(Cadence, is_woken_by_what_is_urgent_while_others_wait) {
  Cadence cadence = new_cadence();
  ASSERT_EQ(cadence.rest(start), start + 2ms);
  EXPECT_FALSE(cadence.add(can_wait));
  EXPECT_EQ(cadence.rest(start + 1ms), start + 2ms) << "the wait is not begun again";
  EXPECT_TRUE(cadence.add(urgent));
  EXPECT_FALSE(cadence.add(urgent)) << "it is awake already";
  EXPECT_EQ(cadence.rest(start + 1ms), std::nullopt);
}

TEST(Cadence, lets_what_can_wait_go_alone_after_a_while) {
  Cadence cadence = new_cadence();
  cadence.add(can_wait);
  ASSERT_EQ(cadence.rest(start), start + 2ms);
  EXPECT_EQ(cadence.rest(start + 2ms), std::nullopt);
}

TEST(Cadence, is_woken_from_idleness_by_anything_and_then_waits_for_company) {
  Cadence cadence = new_cadence();
  cadence.rest(start);
  ASSERT_EQ(cadence.rest(start + 2ms), start + 2ms + 5s);
  EXPECT_TRUE(cadence.add(can_wait));
  EXPECT_EQ(cadence.rest(start + 1s), start + 1s + 2ms);
  EXPECT_FALSE(cadence.add(can_wait));
  EXPECT_TRUE(cadence.add(urgent));
}

TEST(Cadence, begins_an_empty_batch_when_it_was_idle_for_an_interval) {
  Cadence cadence = new_cadence();
  cadence.rest(start);
  EXPECT_NE(cadence.rest(start + 5s), std::nullopt);
  EXPECT_EQ(cadence.rest(start + 5s + 2ms), std::nullopt);
  cadence.begin_batch(start + 6s);
  EXPECT_EQ(cadence.rest(start + 6s), start + 6s + 2ms) << "and begins to wait again";
}

TEST(Cadence, waits_for_nothing_once_closed) {
  Cadence cadence = new_cadence();
  write(cadence, 100, start, 1ms);
  cadence.close();
  EXPECT_EQ(cadence.rest(start + 1ms), std::nullopt);
}

}  // namespace
}  // namespace parley::store::embedded
