#include "chat/ended_logins.hpp"

#include <gtest/gtest.h>

namespace parley::chat {
namespace {

using namespace std::chrono_literals;

constexpr Time now = Time{1'760'000'000s};

template <class Kind>
Kind id(std::uint8_t number) {
  Kind id;
  id.bytes[11] = number;
  return id;
}
const UserId ann = id<UserId>(1), bob = id<UserId>(2);
const FamilyId phone = id<FamilyId>(3), laptop = id<FamilyId>(4);

Claims token(UserId user, std::optional<FamilyId> family, Time issued = now) {
  return {user, family, "token", issued, issued + 15min};
}

TEST(EndedLogins, include_one_login_and_not_the_users_others) {
  EndedLogins ended;
  EXPECT_FALSE(ended.include(token(ann, phone)));
  ended.add({ann, phone, now}, now + 15min);
  EXPECT_TRUE(ended.include(token(ann, phone)));
  EXPECT_FALSE(ended.include(token(ann, laptop)));
  EXPECT_FALSE(ended.include(token(ann, std::nullopt)));
}

TEST(EndedLogins, include_all_logins_of_a_user_but_those_that_came_after) {
  EndedLogins ended;
  ended.add({ann, std::nullopt, now + 900ms}, now + 15min);
  EXPECT_TRUE(ended.include(token(ann, phone, now - 1s)));
  EXPECT_TRUE(ended.include(token(ann, std::nullopt, now - 1s)));
  EXPECT_FALSE(ended.include(token(ann, laptop, now)));
  EXPECT_FALSE(ended.include(token(bob, laptop, now - 1s)));
}

TEST(EndedLogins, include_the_originals_tokens_from_before_they_ended_and_no_others) {
  EndedLogins ended;
  EXPECT_TRUE(ended.add({ann, originals_of(ann), now + 900ms}, now + 15min));
  EXPECT_TRUE(ended.include(token(ann, std::nullopt, now - 1s)));
  EXPECT_FALSE(ended.include(token(ann, std::nullopt, now)));
  EXPECT_FALSE(ended.include(token(ann, phone, now - 1s)));
  EXPECT_FALSE(ended.include(token(bob, std::nullopt, now - 1s)));
}

TEST(EndedLogins, know_an_end_of_the_originals_tokens_until_there_is_a_later_one) {
  EndedLogins ended;
  const Ending first{ann, originals_of(ann), now}, second{ann, originals_of(ann), now + 5s};
  EXPECT_TRUE(ended.add(first, now + 15min));
  EXPECT_FALSE(ended.add(first, now + 16min));
  EXPECT_TRUE(ended.add(second, now + 16min));
  EXPECT_FALSE(ended.add(first, now + 17min));
  EXPECT_TRUE(ended.include(token(ann, std::nullopt, now + 4s)));
  ended.add({bob, std::nullopt, now + 15min}, now + 30min);
  EXPECT_TRUE(ended.include(token(ann, std::nullopt, now + 4s))) << "the first is forgotten";
  EXPECT_FALSE(ended.add({bob, originals_of(bob), now + 15min}, now + 30min)) << "all have ended";
}

TEST(EndedLogins, are_forgotten_when_no_token_can_be_left) {
  EndedLogins ended;
  ended.add({ann, phone, now}, now + 15min);
  ended.add({ann, phone, now + 1s}, now + 15min + 1s);
  ended.add({ann, std::nullopt, now + 2s}, now + 15min + 2s);
  ended.add({ann, std::nullopt, now + 10min}, now + 25min);
  EXPECT_EQ(ended.size(), 3u);
  ended.add({bob, laptop, now + 20min}, now + 35min);
  EXPECT_EQ(ended.size(), 2u);
  EXPECT_FALSE(ended.include(token(ann, phone, now + 10min)));
  EXPECT_TRUE(ended.include(token(ann, phone, now + 9min)));
}

TEST(EndedLogins, are_known_once_and_what_is_known_displaces_nothing) {
  EndedLogins ended{2};
  EXPECT_TRUE(ended.add({ann, phone, now}, now + 15min));
  EXPECT_TRUE(ended.add({ann, laptop, now}, now + 15min));
  EXPECT_FALSE(ended.add({ann, laptop, now}, now + 15min));
  EXPECT_EQ(ended.size(), 2u);
  EXPECT_TRUE(ended.include(token(ann, phone)));
}

TEST(EndedLogins, include_one_of_the_same_second_that_is_known_to_have_ended) {
  EndedLogins ended;
  ended.add({ann, phone, now + 500ms}, now + 15min);
  ended.add({ann, std::nullopt, now + 500ms}, now + 15min);
  EXPECT_TRUE(ended.include(token(ann, phone)));
  EXPECT_FALSE(ended.include(token(ann, laptop)));
}

TEST(EndedLogins, are_no_more_than_a_bound) {
  EndedLogins ended{2};
  ended.add({ann, phone, now}, now + 15min);
  ended.add({bob, std::nullopt, now}, now + 15min);
  ended.add({ann, laptop, now}, now + 15min);
  EXPECT_EQ(ended.size(), 2u);
  EXPECT_FALSE(ended.include(token(ann, phone)));
  EXPECT_TRUE(ended.include(token(ann, laptop)));
}

}  // namespace
}  // namespace parley::chat
