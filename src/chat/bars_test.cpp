#include "chat/bars.hpp"

#include <gtest/gtest.h>

namespace parley::chat {
namespace {

UserId user(std::uint8_t number) {
  UserId id;
  id.bytes[11] = number;
  return id;
}

TEST(Bars, bar_nobody_at_first) { EXPECT_FALSE(Bars{}.has(user(1))); }

TEST(Bars, bar_whom_they_were_told_last_and_say_who_is_new) {
  Bars bars;
  EXPECT_EQ(bars.replace({user(3), user(1)}), (std::vector<UserId>{user(1), user(3)}));
  EXPECT_TRUE(bars.has(user(1)));
  EXPECT_FALSE(bars.has(user(2)));
  EXPECT_EQ(bars.replace({user(2), user(3)}), std::vector<UserId>{user(2)});
  EXPECT_FALSE(bars.has(user(1)));
  EXPECT_EQ(bars.replace({}), std::vector<UserId>{});
  EXPECT_FALSE(bars.has(user(2)));
}

TEST(Bars, say_whether_the_end_of_a_login_is_news) {
  Bars bars;
  const Time now{std::chrono::seconds{1'760'000'000}};
  const Ending ending{user(1), FamilyId{}, now};
  EXPECT_TRUE(bars.end(ending, now + std::chrono::minutes{15}));
  EXPECT_FALSE(bars.end(ending, now + std::chrono::minutes{15}));
}

}  // namespace
}  // namespace parley::chat
