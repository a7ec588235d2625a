#include "api/told.hpp"

#include <gtest/gtest.h>

#include "base/object_id.hpp"

namespace parley::api {
namespace {

constexpr std::int64_t start = 1'760'000'000'000;

class ToldTest : public ::testing::Test {
 protected:
  chat::MessageId made_at(Time when) { return chat::MessageId{ids_.next(when)}; }

  Time now_ = from_unix_ms(start);
  ObjectIdSource ids_;
  Told told_;
};

TEST_F(ToldTest, takes_a_message_once) {
  const auto first = made_at(now_), second = made_at(now_);
  EXPECT_TRUE(told_.add(first, now_));
  EXPECT_TRUE(told_.add(second, now_));
  EXPECT_FALSE(told_.add(first, now_));
  EXPECT_FALSE(told_.add(second, now_));
}

TEST_F(ToldTest, remembers_all_of_a_busy_minute) {
  std::vector<chat::MessageId> all;
  for (int i = 0; i < 5'000; ++i) all.push_back(made_at(now_));
  for (const auto& id : all) EXPECT_TRUE(told_.add(id, now_));
  for (const auto& id : all) EXPECT_FALSE(told_.add(id, now_));
}

TEST_F(ToldTest, forgets_what_is_old_and_stays_small) {
  for (int i = 0; i < 10'000; ++i) {
    now_ += std::chrono::seconds(20);
    EXPECT_TRUE(told_.add(made_at(now_), now_));
    EXPECT_LE(told_.size(), 2 * Told::small);
  }
}

}  // namespace
}  // namespace parley::api
