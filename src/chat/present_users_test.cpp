#include "chat/present_users.hpp"

#include <gtest/gtest.h>

#include "base/object_id.hpp"

namespace parley::chat {
namespace {

using Change = PresentUsers::Change;

class PresentUsersTest : public ::testing::Test {
 protected:
  UserId user() { return UserId{ids_.next(from_unix_ms(1'760'000'000'000))}; }

  ObjectIdSource ids_;
  PresentUsers present_;
  const UserId alice_ = user(), bob_ = user();
};

TEST_F(PresentUsersTest, know_the_first_and_the_last_device) {
  EXPECT_EQ(present_.enter(alice_, "phone"), Change::edge);
  EXPECT_EQ(present_.enter(alice_, "laptop"), Change::some);
  EXPECT_EQ(present_.enter(alice_, "laptop"), Change::none);
  EXPECT_EQ(*present_.find(alice_), (PresentUsers::Devices{"phone", "laptop"}));
  EXPECT_EQ(present_.leave(alice_, "phone"), Change::some);
  EXPECT_EQ(present_.leave(alice_, "phone"), Change::none);
  EXPECT_TRUE(present_.has(alice_));
  EXPECT_EQ(present_.leave(alice_, "laptop"), Change::edge);
  EXPECT_EQ(present_.leave(alice_, "laptop"), Change::none);
  EXPECT_FALSE(present_.has(alice_));
  EXPECT_EQ(present_.find(alice_), nullptr);
}

TEST_F(PresentUsersTest, keep_users_apart) {
  present_.enter(alice_, "phone");
  present_.enter(bob_, "phone");
  EXPECT_EQ(present_.all().size(), 2u);
  EXPECT_EQ(present_.leave(alice_, "phone"), Change::edge);
  EXPECT_EQ(present_.all(), std::vector{bob_});
}

}  // namespace
}  // namespace parley::chat
