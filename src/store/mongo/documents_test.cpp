#include "store/mongo/documents.hpp"

#include <gtest/gtest.h>

#include "store/mongo/list_cursor.hpp"
#include "store/mongo/testing.hpp"
#include "store/mongo/updates.hpp"

namespace parley::store::mongo {
namespace {

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

const auto alice = *chat::UserId::parse("00000000000000000000000a");
const auto bob = *chat::UserId::parse("00000000000000000000000b");

Head talk() {
  Head head;
  head.id = *chat::ConversationId::parse("0000000000000000000000cc");
  head.created_at = at(0);
  head.members = {{{}, alice}, {{}, bob}};
  return head;
}

Placed said(Head& head, std::string content, std::optional<std::string> client_id = {}) {
  const chat::NewMessage draft{alice, bob, std::move(content), std::move(client_id), at(5)};
  return head.append(draft, *chat::MessageId::parse("0000000000000000000000ee"), 77);
}

/// What a Node server has written: `fields` besides the ids.
Document theirs(const std::string& fields) {
  return json(R"({"_id": {"$oid": "0000000000000000000000ee"},
    "sender": {"$oid": "00000000000000000000000a"},
    "receiver": {"$oid": "00000000000000000000000b"},
    "conversationId": {"$oid": "0000000000000000000000cc"},
    "content": "hi", "createdAt": {"$date": "2025-10-09T08:53:20.001Z"},
    "updatedAt": {"$date": "2025-10-09T08:53:20.009Z"}, "__v": 0)" +
              fields + "}");
}

TEST(MongoDocuments, write_messages_that_read_back) {
  Head head = talk();
  const Placed placed = said(head, "hello \xF0\x9F\x91\x8B", "c-1");
  const auto found = message_from(to_document(placed, head));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->message, placed.message);
  EXPECT_EQ(found->sent_counts(head), (SentCounts{1, 0}));
}

TEST(MongoDocuments, keep_what_a_string_should_not_hold) {
  Head head = talk();
  const Placed placed = said(head, std::string("a\0b\xFF", 4), std::string("\0", 1));
  EXPECT_EQ(message_from(to_document(placed, head))->message, placed.message);
}

TEST(MongoDocuments, have_the_fields_of_the_original) {
  Head head = talk();
  const Document document = to_document(said(head, "hello"), head);
  EXPECT_EQ(document.view().text("status"), "sent");
  EXPECT_EQ(document.view().text("content"), "hello");
  EXPECT_EQ(document.view().time("createdAt"), at(5));
  EXPECT_EQ(document.view().time("updatedAt"), at(5));
  EXPECT_EQ(document.view().integer("__v"), 0);
  EXPECT_FALSE(document.view().has("deliveredAt"));
  EXPECT_FALSE(document.view().has("clientId"));
}

TEST(MongoDocuments, read_what_a_node_server_wrote) {
  const auto found = message_from(theirs(R"(, "status": "sent")"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->message.seq, 0u);
  EXPECT_EQ(found->message.version, 0u);
  EXPECT_EQ(found->message.created_at, at(1));
  EXPECT_EQ(found->message.status(), chat::Status::sent);
}

TEST(MongoDocuments, believe_a_status_without_its_time) {
  const auto read = message_from(theirs(R"(, "status": "read")"));
  EXPECT_EQ(read->message.status(), chat::Status::read);
  EXPECT_EQ(read->message.read_at, at(9));
  EXPECT_EQ(read->message.delivered_at, at(9));
  const auto delivered = message_from(theirs(R"(, "status": "delivered")"));
  EXPECT_EQ(delivered->message.status(), chat::Status::delivered);
  EXPECT_EQ(delivered->message.delivered_at, at(9));
}

TEST(MongoDocuments, are_refused_without_what_every_message_has) {
  EXPECT_FALSE(message_from(Document()));
  EXPECT_FALSE(message_from(json(R"({"_id": 5, "content": "x"})")));
  EXPECT_FALSE(head_from(Document()));
  EXPECT_FALSE(head_from(json(R"({"_id": {"$oid": "0000000000000000000000cc"},
                                  "participants": ["nobody"]})")));
}

TEST(MongoDocuments, write_a_new_conversation_that_reads_back) {
  const Head head = talk();
  const auto found = head_from(new_conversation(head));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->head, head);
  EXPECT_TRUE(found->is_ours);
  EXPECT_FALSE(found->is_stale);
  EXPECT_EQ(found->pair, "00000000000000000000000a:00000000000000000000000b");
}

Document conversation(const std::string& fields) {
  return json(R"({"_id": {"$oid": "0000000000000000000000cc"},
    "participants": [{"$oid": "00000000000000000000000b"}, {"$oid": "00000000000000000000000a"}],
    "lastMessage": "hi", "createdAt": {"$date": "2025-10-09T08:53:20.000Z"})" +
              fields + "}");
}

TEST(MongoDocuments, know_a_conversation_of_the_original) {
  const auto found = head_from(conversation(R"(, "unreadCount": {"00000000000000000000000b": 2})"));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->is_ours);
  EXPECT_TRUE(found->is_stale);
  EXPECT_EQ(found->head.members.at(0).user, alice) << "sorted";
  EXPECT_EQ(found->unread, (std::vector<std::optional<std::int64_t>>{std::nullopt, 2}));
}

TEST(MongoDocuments, tell_when_a_node_server_has_written_since) {
  const std::string ours = R"(, "parley": {"v": 9, "tail": {"seq": 3, "version": 9,
    "at": {"$date": "2025-10-09T08:53:20.005Z"}, "id": {"$oid": "0000000000000000000000ee"},
    "sent": {"00000000000000000000000a": 3}}})";
  const std::string same = R"(, "lastMessageAt": {"$date": "2025-10-09T08:53:20.005Z"})";
  const std::string later = R"(, "lastMessageAt": {"$date": "2025-10-09T08:53:20.006Z"})";
  const std::string zero = R"(, "unreadCount": {"00000000000000000000000b": 0})";
  EXPECT_FALSE(head_from(conversation(ours + same))->is_stale);
  EXPECT_TRUE(head_from(conversation(ours + later))->is_stale);
  EXPECT_TRUE(head_from(conversation(ours + same + zero))->is_stale);
  EXPECT_EQ(head_from(conversation(ours + same))->head.unread(1), 3u);
}

TEST(MongoDocuments, take_wrong_types_for_nothing) {
  const auto found = head_from(conversation(R"(, "parley": {"tail": 5, "marks": "x"},
    "unreadCount": [1], "lastMessageAt": "yesterday", "pair": 3)"));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->is_ours);
  EXPECT_EQ(found->head.last_seq, 0u);
}

TEST(MongoUpdates, guard_a_tail_against_a_later_one_and_against_node_servers) {
  Head head = talk();
  said(head, "hello");
  const Recorded before{0, {}};
  const Update update = tail_update(head, "hello", &before);
  EXPECT_EQ(update.filter.view().document("parley.tail.seq")->count("$not.$gte"), 1u);
  EXPECT_TRUE(update.filter.view().at("lastMessageAt").is_null());
  const View set = *update.change.view().document("$set");
  EXPECT_EQ(set.text("lastMessage"), "hello");
  EXPECT_EQ(set.time("lastMessageAt"), at(5));
  const Recorded known{1, at(3)};
  EXPECT_EQ(tail_update(head, "x", &known).filter.view().time("lastMessageAt"), at(3));
  EXPECT_FALSE(tail_update(head, "x", nullptr).filter.view().has("lastMessageAt"));
}

TEST(MongoUpdates, guard_the_counts_of_a_tail_against_readings_that_are_not_known) {
  Head head = talk();
  const Placed first = said(head, "hello");
  const Location location{head.id, 1, alice, first.sent};
  ASSERT_TRUE(head.read(bob, first.message.id, location, at(9), 88));
  said(head, "are you there?");
  const Recorded before{1, at(5)};
  const Update update = tail_update(head, "are you there?", &before);
  const std::string marks = "parley.marks.";
  EXPECT_EQ(update.filter.view().document(marks + bob.hex() + ".r")->count("$not.$gte"), 2u);
  EXPECT_EQ(update.filter.view().document(marks + alice.hex() + ".r")->count("$not.$gte"), 1u);
  EXPECT_FALSE(tail_update(head, "x", nullptr).filter.view().has(marks + bob.hex() + ".r"));
}

TEST(MongoUpdates, move_each_watermark_by_itself) {
  Head head = talk();
  const Placed placed = said(head, "hello");
  const Location location{head.id, 1, alice, placed.sent};
  const auto move = head.read(bob, placed.message.id, location, at(9), 88);
  std::vector<Update> updates;
  add_move(updates, **move, head, true);
  ASSERT_EQ(updates.size(), 3u) << "delivered, read, the count";
  add_receipts(updates, **move);
  EXPECT_EQ(updates.size(), 5u);
  EXPECT_TRUE(updates.back().many);
}

TEST(MongoUpdates, leave_a_delivery_its_time_when_the_reading_is_written_first) {
  Head head = talk();
  const Placed first = said(head, "hello"), second = said(head, "are you there?");
  const Location location{head.id, 2, alice, second.sent};
  ASSERT_TRUE(head.deliver({bob, head.id, first.message.id, alice, 1}, at(7), 87));
  const auto move = head.read(bob, second.message.id, location, at(9), 88);
  std::vector<Update> updates;
  add_receipts(updates, **move);
  ASSERT_EQ(updates.size(), 3u) << "delivered before, delivered by this, read";
  const auto delivered_at = [&updates](std::size_t i) {
    return updates[i].change.view().document("$set")->time("deliveredAt");
  };
  EXPECT_EQ(updates[0].filter.view().document("seq")->count("$lte"), 1u);
  EXPECT_EQ(delivered_at(0), at(7));
  EXPECT_EQ(updates[1].filter.view().document("seq")->count("$gt"), 1u);
  EXPECT_EQ(delivered_at(1), at(9));
  EXPECT_EQ(delivered_at(2), std::nullopt);
}

TEST(MongoListCursor, reads_back_and_refuses_the_rest) {
  const ListCursor cursor{at(3), 12345, *chat::ConversationId::parse("0000000000000000000000cc")};
  const std::string text = to_text(cursor);
  EXPECT_EQ(list_cursor_from(text), cursor);
  EXPECT_FALSE(list_cursor_from(text + "0"));
  EXPECT_FALSE(list_cursor_from(text.substr(1)));
  std::string bad = text;
  bad[3] = 'x';
  EXPECT_FALSE(list_cursor_from(bad));
  bad[3] = 'A';
  EXPECT_FALSE(list_cursor_from(bad)) << "one text a cursor";
}

}  // namespace
}  // namespace parley::store::mongo
