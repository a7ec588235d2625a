#include "api/told.hpp"

#include <gtest/gtest.h>

#include "base/object_id.hpp"

namespace parley::api {
namespace {

constexpr std::int64_t start = 1'760'000'000'000;

class ToldTest : public ::testing::Test {
 protected:
  /// The next message of `sender` in `conversation`.
  chat::Message made(chat::UserId sender, chat::ConversationId conversation) {
    chat::Message message;
    message.id = chat::MessageId{ids_.next(now_)};
    message.conversation_id = conversation;
    message.sender = sender;
    message.seq = ++seq_;
    return message;
  }
  chat::Message made() { return made(ann_, talk_); }
  bool stored(const chat::Message& message) { return told_.add_stored(message, now_); }
  bool published(const chat::Message& message) { return told_.add_published(message, now_); }

  Time now_ = from_unix_ms(start);
  ObjectIdSource ids_;
  chat::Seq seq_ = 0;
  Told told_;
  chat::UserId ann_{ids_.next(now_)}, bob_{ids_.next(now_)};
  chat::ConversationId talk_{ids_.next(now_)}, other_{ids_.next(now_)};
};

TEST_F(ToldTest, takes_a_message_once) {
  const auto first = made(), second = made();
  EXPECT_TRUE(stored(first));
  EXPECT_TRUE(published(second));
  EXPECT_FALSE(published(first));
  EXPECT_FALSE(stored(first));
  EXPECT_FALSE(published(second));
  EXPECT_FALSE(stored(second));
}

TEST_F(ToldTest, takes_nothing_published_behind_what_the_store_told) {
  const auto before = made(), elsewhere = made(ann_, other_), answer = made(bob_, talk_);
  EXPECT_TRUE(stored(made()));
  EXPECT_FALSE(published(before)) << "the store had left it out";
  EXPECT_TRUE(published(elsewhere)) << "another conversation";
  EXPECT_TRUE(published(answer)) << "the other one's message";
  EXPECT_TRUE(published(made()));
}

TEST_F(ToldTest, takes_from_the_store_what_was_missed_before_what_was_published) {
  const auto missed = made();
  EXPECT_TRUE(published(made()));
  EXPECT_TRUE(stored(missed));
}

TEST_F(ToldTest, knows_how_far_the_store_has_told_of_reading) {
  const auto first = made(), second = made(), third = made();
  told_.add_read(bob_, second, now_);
  told_.add_read(bob_, first, now_);
  EXPECT_TRUE(told_.is_read(talk_, bob_, first.seq));
  EXPECT_TRUE(told_.is_read(talk_, bob_, second.seq));
  EXPECT_FALSE(told_.is_read(talk_, bob_, third.seq));
  EXPECT_FALSE(told_.is_read(talk_, ann_, first.seq)) << "somebody else";
  EXPECT_FALSE(told_.is_read(other_, bob_, first.seq)) << "another conversation";
}

TEST_F(ToldTest, remembers_all_of_a_busy_minute) {
  std::vector<chat::Message> all;
  for (int i = 0; i < 5'000; ++i) all.push_back(made());
  for (const auto& message : all) EXPECT_TRUE(published(message));
  for (const auto& message : all) EXPECT_FALSE(published(message));
}

TEST_F(ToldTest, forgets_what_is_old_and_stays_small) {
  for (int i = 0; i < 10'000; ++i) {
    now_ += std::chrono::seconds(20);
    EXPECT_TRUE(i % 2 == 0 ? stored(made(ann_, chat::ConversationId{ids_.next(now_)}))
                           : published(made()));
    EXPECT_LE(told_.size(), 4 * Told::small);
  }
}

}  // namespace
}  // namespace parley::api
