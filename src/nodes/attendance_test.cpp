#include "nodes/attendance.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/object_id.hpp"

namespace parley::nodes {
namespace {

using Change = Attendance::Change;

class AttendanceTest : public ::testing::Test {
 protected:
  static Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }
  chat::UserId user() { return chat::UserId{ids_.next(at(0))}; }

  ObjectIdSource ids_;
  Attendance here_;
  const chat::UserId alice_ = user(), bob_ = user();
};

TEST_F(AttendanceTest, knows_the_first_and_the_last_device) {
  EXPECT_EQ(here_.enter(alice_, "phone"), Change::edge);
  EXPECT_EQ(here_.enter(alice_, "laptop"), Change::some);
  EXPECT_EQ(here_.enter(alice_, "laptop"), Change::none);
  EXPECT_EQ(here_.find(alice_)->devices, (std::vector<std::string>{"phone", "laptop"}));
  EXPECT_EQ(here_.leave(alice_, "phone"), Change::some);
  EXPECT_EQ(here_.leave(alice_, "phone"), Change::none);
  EXPECT_EQ(here_.leave(bob_, "phone"), Change::none);
  EXPECT_EQ(here_.leave(alice_, "laptop"), Change::edge);
  EXPECT_EQ(here_.find(alice_), nullptr);
}

TEST_F(AttendanceTest, forgets_what_redis_heard_with_the_user) {
  here_.enter(alice_, "phone");
  EXPECT_FALSE(here_.find(alice_)->is_told);
  here_.set_told(alice_);
  here_.set_told(bob_);
  EXPECT_TRUE(here_.find(alice_)->is_told);
  here_.leave(alice_, "phone");
  here_.enter(alice_, "phone");
  EXPECT_FALSE(here_.find(alice_)->is_told);
}

TEST_F(AttendanceTest, remembers_a_departure_until_the_user_is_back) {
  here_.note_departure(alice_, at(1));
  here_.note_departure(alice_, at(2));
  here_.note_departure(bob_, at(3));
  EXPECT_EQ(here_.departed_at(alice_), at(2));
  EXPECT_EQ(here_.departures().size(), 2u);
  here_.enter(alice_, "phone");
  EXPECT_EQ(here_.departed_at(alice_), std::nullopt);
  here_.forget_departure(bob_);
  EXPECT_TRUE(here_.departures().empty());
}

TEST_F(AttendanceTest, keeps_no_more_departures_than_it_may) {
  for (std::size_t i = 0; i < Attendance::max_departed; ++i) here_.note_departure(user(), at(1));
  here_.note_departure(alice_, at(2));
  EXPECT_EQ(here_.departures().size(), Attendance::max_departed);
  EXPECT_EQ(here_.departed_at(alice_), std::nullopt);
}

TEST_F(AttendanceTest, lists_who_is_here) {
  here_.enter(alice_, "phone");
  here_.enter(bob_, "phone");
  here_.leave(alice_, "phone");
  EXPECT_EQ(here_.users(), std::vector{bob_});
}

}  // namespace
}  // namespace parley::nodes
