#include "chat/typing.hpp"

#include <gtest/gtest.h>

namespace parley::chat {

using namespace std::chrono_literals;

class TypingTest : public ::testing::Test {
 protected:
  using Stopped = Typing::Stopped;
  static UserId person(std::uint8_t number) {
    UserId id;
    id.bytes[11] = number;
    return id;
  }
  SteadyTime start_{100h};
  UserId alice_ = person(1), bob_ = person(2), carol_ = person(3);
  Typing typing_{{.silence = 6s, .max_receivers = 3}};
};

TEST_F(TypingTest, waits_for_nothing_at_first) {
  EXPECT_EQ(typing_.next_deadline(), SteadyTime::max());
  EXPECT_TRUE(typing_.expire(start_).empty());
}

TEST_F(TypingTest, stops_by_itself_after_silence) {
  EXPECT_EQ(typing_.typing(alice_, bob_, start_), std::nullopt);
  EXPECT_EQ(typing_.next_deadline(), start_ + 6s);
  EXPECT_TRUE(typing_.expire(start_ + 6s - 1ns).empty());
  EXPECT_EQ(typing_.expire(start_ + 6s), (std::vector{Stopped{alice_, bob_}}));
  EXPECT_TRUE(typing_.expire(start_ + 60s).empty());
  EXPECT_EQ(typing_.next_deadline(), SteadyTime::max());
}

TEST_F(TypingTest, goes_on_while_it_is_repeated) {
  for (int i = 0; i < 10; ++i) typing_.typing(alice_, bob_, start_ + i * 5s);
  EXPECT_EQ(typing_.size(), 1u);
  EXPECT_TRUE(typing_.expire(start_ + 50s).empty());
  EXPECT_EQ(typing_.expire(start_ + 51s).size(), 1u);
}

TEST_F(TypingTest, stops_in_the_order_of_silence) {
  typing_.typing(alice_, bob_, start_);
  typing_.typing(bob_, alice_, start_ + 1s);
  typing_.typing(carol_, bob_, start_ + 2s);
  typing_.typing(alice_, bob_, start_ + 3s);
  EXPECT_EQ(typing_.next_deadline(), start_ + 7s);
  EXPECT_EQ(typing_.expire(start_ + 8s),
            (std::vector{Stopped{bob_, alice_}, Stopped{carol_, bob_}}));
  EXPECT_EQ(typing_.next_deadline(), start_ + 9s);
}

TEST_F(TypingTest, stops_when_told_and_says_whether_that_was_news) {
  typing_.typing(alice_, bob_, start_);
  EXPECT_FALSE(typing_.stop(bob_, alice_));
  EXPECT_FALSE(typing_.stop(alice_, carol_));
  EXPECT_TRUE(typing_.stop(alice_, bob_));
  EXPECT_FALSE(typing_.stop(alice_, bob_));
  EXPECT_TRUE(typing_.expire(start_ + 60s).empty());
}

TEST_F(TypingTest, forgets_a_sender_and_nobody_else) {
  typing_.typing(alice_, bob_, start_);
  typing_.typing(alice_, carol_, start_);
  typing_.typing(bob_, alice_, start_);
  EXPECT_EQ(typing_.forget(alice_), (std::vector{Stopped{alice_, bob_}, Stopped{alice_, carol_}}));
  EXPECT_TRUE(typing_.forget(alice_).empty());
  EXPECT_EQ(typing_.size(), 1u);
  EXPECT_EQ(typing_.expire(start_ + 6s), (std::vector{Stopped{bob_, alice_}}));
}

TEST_F(TypingTest, ends_the_longest_silence_when_one_types_to_too_many) {
  for (std::uint8_t i = 10; i < 13; ++i) typing_.typing(alice_, person(i), start_ + i * 1ms);
  typing_.typing(alice_, person(10), start_ + 1s);
  EXPECT_EQ(typing_.typing(alice_, person(13), start_ + 1s), (Stopped{alice_, person(11)}));
  EXPECT_EQ(typing_.size(), 3u);
  EXPECT_EQ(typing_.typing(bob_, person(10), start_ + 1s), std::nullopt)
      << "each sender for himself";
  EXPECT_EQ(typing_.typing(alice_, person(13), start_ + 2s), std::nullopt)
      << "a known one needs no room";
}

TEST_F(TypingTest, stays_bounded_whatever_one_sender_does) {
  for (int i = 0; i < 10'000; ++i) {
    UserId receiver;
    receiver.bytes[0] = static_cast<std::uint8_t>(i);
    receiver.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    typing_.typing(alice_, receiver, start_);
  }
  EXPECT_EQ(typing_.size(), 3u);
  EXPECT_EQ(typing_.expire(start_ + 6s).size(), 3u);
}

}  // namespace parley::chat
