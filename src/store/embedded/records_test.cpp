#include "store/embedded/records.hpp"

#include <gtest/gtest.h>

#include "store/embedded/bytes.hpp"
#include "store/embedded/keys.hpp"
#include "store/embedded/list_cursor.hpp"

namespace parley::store::embedded {
namespace {

template <class AnyId>
AnyId id(std::uint8_t last) {
  AnyId made;
  made.bytes[11] = last;
  return made;
}
Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

MessageRecord message_record() {
  return {77, at(1), id<chat::MessageId>(3), 1, "c-1", {5, 300}, std::string("caf\xC3\xA9\0!", 7)};
}
Head head() {
  Head made;
  made.participants = {id<chat::UserId>(1), id<chat::UserId>(2)};
  made.created_at = at(0);
  made.last_seq = 305;
  made.last_version = 1'000;
  made.last_created_at = at(9);
  made.members = {{5, 4, {300, 990, at(8)}, {299, 991, at(8)}}, {300, 0, {}, {}}};
  return made;
}

TEST(Bytes, write_numbers_that_read_back) {
  for (const std::uint64_t value :
       {0ull, 1ull, 127ull, 128ull, 16'383ull, 16'384ull, ~0ull, 1ull << 63}) {
    const std::string bytes = Bytes().varint(value).be64(value).str();
    Parser in(bytes);
    EXPECT_EQ(in.varint(), value);
    EXPECT_EQ(in.be64(), value);
    EXPECT_TRUE(in.finished());
  }
}

TEST(Bytes, sort_as_numbers_do) {
  EXPECT_LT(Bytes().be64(255).str(), Bytes().be64(256).str());
  EXPECT_LT(Bytes().be64(1).str(), Bytes().be64(~0ull).str());
}

TEST(Bytes, never_read_past_the_end) {
  Parser in(
      std::string_view("\x05"
                       "abc",
                       4));
  EXPECT_EQ(in.text(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.be64(), 0u);
  EXPECT_EQ(in.u8(), 0u);
  Parser endless(std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 11));
  EXPECT_EQ(endless.varint(), 0u);
  EXPECT_FALSE(endless.ok());
}

TEST(Bytes, keep_times_before_1970) {
  const std::string bytes = Bytes().time(from_unix_ms(-5)).str();
  EXPECT_EQ(Parser(bytes).time(), from_unix_ms(-5));
}

TEST(Records, read_back_as_written) {
  EXPECT_EQ(decode_message(encode(message_record())), message_record());
  MessageRecord plain = message_record();
  plain.client_id.reset();
  plain.content.clear();
  EXPECT_EQ(decode_message(encode(plain)), plain);
  EXPECT_EQ(decode_head(encode(head())), head());
  const Location location{id<chat::ConversationId>(4), 300};
  EXPECT_EQ(decode_location(encode(location)), location);
  EXPECT_EQ(decode_idempotency(encode(IdempotencyRecord{location, at(5)}))->location, location);
  EXPECT_EQ(decode_watermark(encode(WatermarkRecord{at(5), 9}))->version, 9u);
  EXPECT_EQ(decode_time(encode_time(at(5))), at(5));
  const std::vector<chat::UserId> ids{id<chat::UserId>(1), id<chat::UserId>(2)};
  EXPECT_EQ(decode_ids(encode_ids(ids)), ids);
}

TEST(Records, keep_accounts_but_for_what_has_its_own_row) {
  chat::Account account;
  account.username = "Alice";
  account.email = "Alice@example.org";
  account.password_hash = "$2b$10$x";
  account.avatar = "https://example.org/a.png";
  account.email_notifications = false;
  account.administrator = true;
  account.created_at = at(1);
  account.updated_at = at(2);
  EXPECT_EQ(decode_account(encode(account)), account);
  account.last_seen = at(3);
  EXPECT_EQ(decode_account(encode(account))->last_seen, std::nullopt);
}

TEST(Records, keep_families) {
  const FamilyRecord record{{id<chat::FamilyId>(0), id<chat::UserId>(2), "token", at(4)}, true};
  const auto read = decode_family(encode(record));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->revoked);
  EXPECT_EQ(read->family.token_id, "token");
  EXPECT_EQ(read->family.user, record.family.user);
  EXPECT_EQ(read->family.expires_at, at(4));
}

TEST(Records, refuse_every_truncation_and_every_other_layout) {
  const auto refuses = [](const Bytes& encoded, auto decode) {
    const std::string_view whole = encoded;
    EXPECT_TRUE(decode(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode(whole.substr(0, size))) << size;
  };
  refuses(encode(head()), decode_head);
  refuses(encode(Location{id<chat::ConversationId>(4), 300}), decode_location);
  refuses(encode(IdempotencyRecord{{id<chat::ConversationId>(4), 300}, at(1)}), decode_idempotency);
  refuses(encode(WatermarkRecord{at(5), 9}), decode_watermark);
  refuses(encode(chat::Account{}), decode_account);
  refuses(encode(FamilyRecord{{{}, {}, "token", at(4)}, false}), decode_family);
  refuses(encode_ids({id<chat::UserId>(1), id<chat::UserId>(2)}), decode_ids);
  std::string newer = encode(message_record()).str();
  newer[0] = 2;
  EXPECT_FALSE(decode_message(newer));
  std::string longer = encode(head()).str() + "x";
  EXPECT_FALSE(decode_head(longer));
}

TEST(Records, refuse_a_sender_that_does_not_take_part) {
  MessageRecord record = message_record();
  record.sender = 2;
  EXPECT_FALSE(decode_message(encode(record)));
}

TEST(Head, derives_unread_from_places_and_counts) {
  // 305 messages; the first wrote 5 of them, 4 of those among the 299 they have read.
  EXPECT_EQ(head().unread(0), 5u);
  EXPECT_EQ(head().unread(1), 5u) << "nothing read: everything of the other";
  EXPECT_EQ(head().changed(), 1'000u);
  EXPECT_EQ(head().member(id<chat::UserId>(2)), 1u);
  EXPECT_EQ(head().member(id<chat::UserId>(9)), std::nullopt);
}

TEST(Head, gives_receipts_without_times_that_never_were) {
  EXPECT_EQ(head().receipt(0).read_at, at(8));
  EXPECT_EQ(head().receipt(1).delivered_at, std::nullopt);
  EXPECT_EQ(head().receipt(1).read_at, std::nullopt);
}

TEST(Keys, keep_a_conversation_together_and_in_order) {
  const auto conversation = id<chat::ConversationId>(7);
  const Key first = keys::message(conversation, 255), second = keys::message(conversation, 256);
  EXPECT_LT(first.bytes.view(), second.bytes.view());
  EXPECT_EQ(first.bytes.view().substr(0, 13), second.bytes.view().substr(0, 13));
  EXPECT_EQ(first.bytes.size(), 21u);
}

TEST(Keys, name_a_pair_the_same_from_both_sides) {
  const auto one = id<chat::UserId>(1), other = id<chat::UserId>(2);
  EXPECT_EQ(keys::pair(one, other).bytes.view(), keys::pair(other, one).bytes.view());
}

TEST(ListCursor, reads_back_and_fits_into_a_url) {
  const ListCursor cursor{0xFEDCBA9876543210ull, id<chat::ConversationId>(0xFF)};
  const std::string text = to_text(cursor);
  EXPECT_EQ(text.size(), 27u);
  EXPECT_EQ(list_cursor_from(text), cursor);
}

TEST(ListCursor, refuses_everything_else) {
  const std::string text = to_text({5, id<chat::ConversationId>(1)});
  for (const std::string& bad : {std::string(), text + "A", text.substr(1), std::string(27, '*'),
                                 std::string(27, '-'), text.substr(0, 26) + "F"}) {
    EXPECT_FALSE(list_cursor_from(bad)) << bad;
  }
}

}  // namespace
}  // namespace parley::store::embedded
