#include "chat/watermarks.hpp"

#include <gtest/gtest.h>

namespace parley::chat {
namespace {

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

/// Of 305 messages they wrote 5, 4 of those among the first 299, which they have read.
Watermarks reader() { return {5, 4, {300, 990, at(8)}, {299, 991, at(9)}}; }

TEST(Watermark, never_goes_back_in_time) {
  const Watermark moved{3, 70, at(8)};
  EXPECT_EQ(moved.next_time(at(7)), at(8));
  EXPECT_EQ(moved.next_time(at(9)), at(9));
  EXPECT_EQ(Watermark{}.next_time(at(-1)), at(-1)) << "it has not moved yet";
}

TEST(Watermarks, derive_unread_from_places_and_counts) {
  EXPECT_EQ(reader().unread(305), 5u);
  EXPECT_EQ((Watermarks{300, 0, {}, {}}.unread(305)), 5u) << "nothing read: all of the other";
  EXPECT_EQ(Watermarks{}.unread(0), 0u);
}

TEST(Watermarks, tell_what_was_unread_at_an_earlier_message) {
  EXPECT_EQ(reader().unread(302, 4), 3u);
  EXPECT_EQ(reader().unread(299, 4), 0u);
}

TEST(Watermarks, never_count_below_zero) {
  EXPECT_EQ(reader().unread(200, 4), 0u) << "before the message that was read last";
}

TEST(Watermarks, take_over_that_less_is_unread) {
  Watermarks counted = reader();
  counted.sent_at_read -= 2;
  EXPECT_EQ(counted.unread(305), 3u);
  counted.sent_at_read -= 20;
  EXPECT_EQ(counted.unread(305), 0u);
}

TEST(Watermarks, read_nothing_before_it_is_delivered) {
  const Watermarks received{0, 0, {2, 70, at(8)}, {}};
  EXPECT_EQ(received.next_read_time(at(5)), at(8));
  EXPECT_EQ(received.next_read_time(at(9)), at(9));
  EXPECT_EQ(reader().next_read_time(at(5)), at(9)) << "nor before the reading that went before";
}

TEST(Watermarks, receive_what_is_read) {
  Watermarks member{1, 0, {2, 70, at(8)}, {}};
  const Watermark first{2, 71, at(9)}, second{4, 72, at(10)};
  member.move_read(first, 0);
  EXPECT_EQ(member.read, first);
  EXPECT_EQ(member.delivered.version, 70u) << "it was delivered before";
  member.move_read(second, 1);
  EXPECT_EQ(member.read, second);
  EXPECT_EQ(member.delivered, second);
  EXPECT_EQ(member.sent_at_read, 1);
}

TEST(Watermarks, know_their_newest_move) {
  EXPECT_EQ(reader().changed(), 991u);
  EXPECT_EQ((Watermarks{0, 0, {300, 990, at(8)}, {}}.changed()), 990u);
  EXPECT_EQ(Watermarks{}.changed(), 0u);
}

TEST(Watermarks, show_receipts_without_times_that_never_were) {
  const ConversationId talk{};
  const UserId user{};
  EXPECT_EQ(reader().receipt(talk, user), (Receipt{talk, user, 300, 299, at(8), at(9)}));
  EXPECT_EQ((Watermarks{0, 0, {300, 990, at(8)}, {}}.receipt(talk, user)),
            (Receipt{talk, user, 300, 0, at(8), std::nullopt}));
  EXPECT_EQ(Watermarks{}.receipt(talk, user),
            (Receipt{talk, user, 0, 0, std::nullopt, std::nullopt}));
}

}  // namespace
}  // namespace parley::chat
