#include "store/mongo/head.hpp"

#include <gtest/gtest.h>

namespace parley::store::mongo {
namespace {

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

template <class AnyId>
AnyId id(std::uint8_t last) {
  AnyId made;
  made.bytes[11] = last;
  return made;
}

/// A conversation of alice and bob, without messages.
class HeadTest : public ::testing::Test {
 protected:
  Placed say(chat::UserId from, chat::UserId to, Time now = at(0)) {
    const chat::NewMessage draft{from, to, "hello", "c", now};
    ++count_;
    return head_.append(draft, id<chat::MessageId>(count_), count_ * 100u);
  }
  std::optional<Move> deliver(chat::UserId user, chat::Seq seq, Time now = at(0)) {
    return head_.deliver({user, head_.id, id<chat::MessageId>(9), alice_, seq}, now, 5'000);
  }
  Result<std::optional<Move>> read(chat::UserId reader, const Placed& placed, Time now = at(0)) {
    const Location location{head_.id, placed.message.seq, placed.message.sender, placed.sent};
    return head_.read(reader, placed.message.id, location, now, 6'000);
  }

  chat::UserId alice_ = id<chat::UserId>(1);
  chat::UserId bob_ = id<chat::UserId>(2);
  Head head_{id<chat::ConversationId>(7), at(0), {{{}, alice_}, {{}, bob_}}, {}, 0, 0, {}};
  std::uint8_t count_ = 0;
};

TEST_F(HeadTest, gives_places_one_after_the_other) {
  const Placed first = say(alice_, bob_), second = say(bob_, alice_);
  EXPECT_EQ(first.message.seq, 1u);
  EXPECT_EQ(second.message.seq, 2u);
  EXPECT_EQ(first.sent, (SentCounts{1, 0}));
  EXPECT_EQ(second.sent, (SentCounts{1, 1}));
  EXPECT_EQ(second.message.client_id, "c");
  EXPECT_EQ(head_.last_id, second.message.id);
  EXPECT_EQ(head_.last_version, 200u);
}

TEST_F(HeadTest, never_goes_back_in_time) {
  say(alice_, bob_, at(100));
  EXPECT_EQ(say(alice_, bob_, at(50)).message.created_at, at(100));
  EXPECT_EQ(say(alice_, bob_, at(150)).message.created_at, at(150));
}

TEST_F(HeadTest, counts_what_is_unread_by_each) {
  say(alice_, bob_);
  const Placed second = say(alice_, bob_), third = say(bob_, alice_);
  EXPECT_EQ(third.unread, (std::vector<chat::Unread>{{alice_, 1}, {bob_, 2}}));
  ASSERT_TRUE(read(bob_, second));
  EXPECT_EQ(head_.unread(1), 0u);
  EXPECT_EQ(head_.unread(0), 1u);
  EXPECT_EQ(say(alice_, bob_).unread, (std::vector<chat::Unread>{{alice_, 1}, {bob_, 1}}));
}

TEST_F(HeadTest, tells_the_counts_of_an_earlier_moment) {
  const Placed first = say(alice_, bob_);
  say(alice_, bob_);
  EXPECT_EQ(head_.unread_at(1, first.sent), (std::vector<chat::Unread>{{alice_, 0}, {bob_, 1}}));
}

TEST_F(HeadTest, reads_own_messages_in_between_for_nothing) {
  say(alice_, bob_);
  say(bob_, alice_);
  const Placed third = say(alice_, bob_);
  say(alice_, bob_);
  const auto move = read(bob_, third);
  ASSERT_TRUE(move && *move);
  EXPECT_EQ((*move)->sent_at_read, 1);
  EXPECT_EQ(std::get<chat::MessagesRead>((*move)->change).unread_count, 1u);
}

TEST_F(HeadTest, delivers_forward_only) {
  say(alice_, bob_);
  say(alice_, bob_);
  const auto move = deliver(bob_, 2, at(10));
  ASSERT_TRUE(move);
  EXPECT_EQ(move->delivered, (chat::Watermark{2, 5'000, at(10)}));
  EXPECT_EQ(move->delivered_before.seq, 0u);
  EXPECT_FALSE(move->read);
  EXPECT_FALSE(deliver(bob_, 2, at(20)));
  EXPECT_FALSE(deliver(bob_, 1, at(20)));
}

TEST_F(HeadTest, delivers_nothing_that_is_not_there) {
  say(alice_, bob_);
  EXPECT_FALSE(deliver(bob_, 2));
  EXPECT_FALSE(deliver(id<chat::UserId>(3), 1));
}

TEST_F(HeadTest, reads_and_so_delivers) {
  const Placed first = say(alice_, bob_);
  const auto move = read(bob_, first, at(10));
  ASSERT_TRUE(move && *move);
  EXPECT_EQ((*move)->delivered, (*move)->read);
  EXPECT_EQ((*move)->read, (chat::Watermark{1, 6'000, at(10)}));
  const auto again = read(bob_, first, at(20));
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
}

TEST_F(HeadTest, reads_without_delivering_again) {
  const Placed first = say(alice_, bob_);
  say(alice_, bob_);
  deliver(bob_, 2, at(10));
  const auto move = read(bob_, first, at(5));
  ASSERT_TRUE(move && *move);
  EXPECT_FALSE((*move)->delivered);
  EXPECT_EQ((*move)->read->at, at(10)) << "not before it was delivered";
}

TEST_F(HeadTest, lets_only_the_receiver_read) {
  const Placed first = say(alice_, bob_);
  EXPECT_EQ(read(alice_, first).error().code, Errc::forbidden);
  EXPECT_EQ(read(id<chat::UserId>(3), first).error().code, Errc::not_found);
}

TEST_F(HeadTest, completes_a_message_that_lags_behind) {
  const Placed first = say(alice_, bob_), second = say(alice_, bob_);
  deliver(bob_, 2, at(10));
  read(bob_, first, at(20)).value_or(std::nullopt);
  chat::Message one = first.message, two = second.message;
  EXPECT_TRUE(head_.complete(one));
  EXPECT_TRUE(head_.complete(two));
  EXPECT_EQ(one.status(), chat::Status::read);
  EXPECT_EQ(two.status(), chat::Status::delivered);
  EXPECT_EQ(two.delivered_at, at(10));
  EXPECT_FALSE(head_.complete(two)) << "it does not lag any more";
}

TEST_F(HeadTest, keeps_the_times_that_a_message_has) {
  const Placed first = say(alice_, bob_);
  deliver(bob_, 1, at(10));
  chat::Message one = first.message;
  one.delivered_at = at(3);
  EXPECT_FALSE(head_.complete(one));
  EXPECT_EQ(one.delivered_at, at(3));
}

TEST_F(HeadTest, follows_what_another_node_did) {
  const Placed first = say(alice_, bob_);
  Head other{head_.id, head_.created_at, {{{}, alice_}, {{}, bob_}}, {}, 0, 0, {}};
  other.follow(first.message);
  const auto delivered = deliver(bob_, 1, at(10));
  other.follow(std::get<chat::MessageDelivered>(delivered->change));
  const auto move = read(bob_, first, at(20));
  const Location location{head_.id, 1, alice_, first.sent};
  other.follow(std::get<chat::MessagesRead>((*move)->change), location);
  EXPECT_EQ(other, head_);
}

TEST_F(HeadTest, shows_receipts_and_the_newest_version) {
  const Placed first = say(alice_, bob_);
  EXPECT_EQ(head_.changed(), 100u);
  deliver(bob_, 1, at(10));
  EXPECT_EQ(head_.changed(), 5'000u);
  EXPECT_EQ(head_.receipt(1), (chat::Receipt{head_.id, bob_, 1, 0, at(10), std::nullopt}));
  EXPECT_EQ(head_.receipt(0), (chat::Receipt{head_.id, alice_, 0, 0, {}, {}}));
  EXPECT_EQ(head_.conversation().participants, (std::vector{alice_, bob_}));
}

}  // namespace
}  // namespace parley::store::mongo
