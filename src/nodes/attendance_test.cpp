#include "nodes/attendance.hpp"

#include <gtest/gtest.h>

#include "base/object_id.hpp"

namespace parley::nodes {
namespace {

class AttendanceTest : public ::testing::Test {
 protected:
  static Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }
  chat::UserId user() { return chat::UserId{ids_.next(at(0))}; }

  ObjectIdSource ids_;
  Attendance attendance_;
  const chat::UserId alice_ = user(), bob_ = user();
};

TEST_F(AttendanceTest, forgets_what_redis_heard_with_the_user) {
  attendance_.enter(alice_, "phone");
  EXPECT_FALSE(attendance_.is_told(alice_));
  attendance_.set_told(alice_);
  attendance_.set_told(bob_);
  EXPECT_TRUE(attendance_.is_told(alice_));
  EXPECT_FALSE(attendance_.is_told(bob_)) << "who is not here";
  attendance_.leave(alice_, "phone");
  attendance_.enter(alice_, "phone");
  EXPECT_FALSE(attendance_.is_told(alice_));
}

TEST_F(AttendanceTest, remembers_a_departure_until_the_user_is_back) {
  attendance_.note_departure(alice_, at(1));
  attendance_.note_departure(alice_, at(2));
  attendance_.note_departure(bob_, at(3));
  EXPECT_EQ(attendance_.departed_at(alice_), at(2));
  EXPECT_EQ(attendance_.departures().size(), 2u);
  attendance_.enter(alice_, "phone");
  EXPECT_TRUE(attendance_.here().has(alice_));
  EXPECT_EQ(attendance_.departed_at(alice_), std::nullopt);
  attendance_.forget_departure(bob_);
  EXPECT_TRUE(attendance_.departures().empty());
}

TEST_F(AttendanceTest, keeps_no_more_departures_than_it_may) {
  for (std::size_t i = 0; i < Attendance::max_departed; ++i)
    attendance_.note_departure(user(), at(1));
  attendance_.note_departure(alice_, at(2));
  EXPECT_EQ(attendance_.departures().size(), Attendance::max_departed);
  EXPECT_EQ(attendance_.departed_at(alice_), std::nullopt);
}

}  // namespace
}  // namespace parley::nodes
