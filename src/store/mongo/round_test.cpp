// What one round makes of several writes, which a writer may take one by one.
#include "store/mongo/round.hpp"

#include <gtest/gtest.h>

#include "store/mongo/internals.hpp"
#include "store/mongo/node_testing.hpp"

namespace parley::store::mongo {
namespace {

using chat::contract::at;

class RoundTest : public ::testing::Test {
 protected:
  chat::UserId user(const std::string& name) {
    chat::Account account;
    account.id.bytes = context_.ids.next(at(0));
    account.username = name;
    account.email = name + "@example.org";
    account.created_at = account.updated_at = at(0);
    return chat::fakes::run(executor_, node_.accounts().create(account))->id;
  }
  /// The writes, in one round of a node that remembers what earlier rounds of it have seen.
  template <class... Works>
  std::vector<chat::Change> round(Works... works) {
    operations_.clear();
    (operations_.push_back(std::make_unique<Errand>(std::move(works))), ...);
    return again();
  }
  /// What the last one has left.
  std::vector<chat::Change> again() {
    Lease lease = database_.lease();
    const SteadyTime deadline = SteadyTime::clock::now() + 10s;
    return Round(context_, cache_, lease, deadline, unwritten_).run(operations_);
  }
  template <class Kind>
  const auto& answer(std::size_t operation) {
    return *std::get<Kind>(operations_.at(operation)->work).answer;
  }
  static AppendWork append(chat::UserId from, chat::UserId to, std::string content) {
    return {{from, to, std::move(content), {}, at(1000)}, {}};
  }
  chat::Message say(chat::UserId from, chat::UserId to, std::string content) {
    round(append(from, to, std::move(content)));
    return answer<AppendWork>(0)->message;
  }

  Document only(chat::ConversationId id) {
    Document filter;
    filter.set("_id", id);
    return database_.only("conversations", filter);
  }
  void damage(chat::ConversationId id, const std::string& members) {
    Update update;
    update.filter.set("_id", id);
    update.change.set("$set", json(members));
    ASSERT_TRUE(database_.lease().update("conversations", update));
  }
  static DeliverWork deliver(const chat::Message& message) {
    return {{{message.receiver, message.conversation_id, message.id, message.sender, message.seq}},
            at(2000),
            {}};
  }

  asio::io_context executor_{1};
  TestDatabase database_;
  TestNode node_{database_.uri()};  ///< Another one, but for its clock and its feed.
  Context& context_ = node_.database->internals().context;
  Cache cache_{context_};
  std::vector<Update> unwritten_;
  Operations operations_;
};

TEST_F(RoundTest, leaves_a_conversation_where_another_node_was_faster_to_the_next_round) {
  const auto alice = user("alice"), bob = user("bob"), carol = user("carol");
  const auto first = say(alice, bob, "1");
  ASSERT_TRUE(chat::fakes::run(executor_, node_.messages().append({bob, alice, "2", {}, at(1)})));
  auto changes =
      round(append(alice, bob, "3"), append(alice, carol, "to carol"), append(alice, bob, "4"));
  ASSERT_TRUE(operations_[1]->is_answered());
  EXPECT_TRUE(answer<AppendWork>(1));
  EXPECT_EQ(changes.size(), 1u);
  ASSERT_FALSE(operations_[0]->is_answered());
  ASSERT_FALSE(operations_[2]->is_answered());
  operations_.erase(operations_.begin() + 1);
  changes = again();
  ASSERT_TRUE(operations_[0]->is_answered());
  ASSERT_TRUE(operations_[1]->is_answered());
  EXPECT_EQ(answer<AppendWork>(0)->message.seq, 3u);
  EXPECT_EQ(answer<AppendWork>(1)->message.content, "4");
  EXPECT_EQ(answer<AppendWork>(1)->message.seq, 4u);
  EXPECT_EQ(only(first.conversation_id).view().text("lastMessage"), "4");
}

TEST_F(RoundTest, leaves_nothing_for_ever) {
  const auto alice = user("alice"), bob = user("bob");
  say(alice, bob, "1");
  ASSERT_TRUE(chat::fakes::run(executor_, node_.messages().append({bob, alice, "2", {}, at(1)})));
  AppendWork last = append(alice, bob, "3");
  last.until = SteadyTime::clock::now();
  round(std::move(last));
  ASSERT_TRUE(operations_[0]->is_answered());
  EXPECT_EQ(answer<AppendWork>(0)->message.seq, 3u);
}

TEST_F(RoundTest, records_what_it_has_stored_where_it_leaves_the_rest) {
  const auto alice = user("alice"), bob = user("bob");
  const auto first = say(alice, bob, "1");
  // Another node takes the second place of those that are asked for next.
  leave_behind(database_, first, context_.ids.next(at(0)), 3, context_.next_version());
  round(append(alice, bob, "2"), append(alice, bob, "3"));
  ASSERT_TRUE(operations_[0]->is_answered());
  ASSERT_FALSE(operations_[1]->is_answered());
  EXPECT_GE(only(first.conversation_id).view().integer("parley.tail.seq"), 2);
  operations_.erase(operations_.begin());
  again();
  EXPECT_EQ(answer<AppendWork>(0)->message.seq, 4u);
}

TEST_F(RoundTest, records_a_message_beside_a_reading_that_another_node_has_overtaken) {
  const auto alice = user("alice"), bob = user("bob");
  const auto first = say(alice, bob, "1"), second = say(alice, bob, "2");
  ASSERT_TRUE(chat::fakes::run(executor_, node_.receipts().mark_read(bob, second.id, at(2000))));
  round(append(alice, bob, "3"), ReadWork{bob, first.id, at(2000), {}});
  EXPECT_TRUE(answer<AppendWork>(0));
  EXPECT_TRUE(answer<ReadWork>(1));
  const Document stored = database_.only("conversations");
  EXPECT_EQ(stored.view().text("lastMessage"), "3");
  EXPECT_EQ(stored.view().integer("unreadCount." + bob.hex()), 1);
}

TEST_F(RoundTest, moves_watermarks_beside_a_conversation_with_members_of_wrong_types) {
  const auto alice = user("alice"), bob = user("bob"), carol = user("carol");
  const auto conversation = say(alice, carol, "first").conversation_id;
  for (const char* members : {R"({"unreadCount": [1]})", R"({"unreadCount": null})",
                              R"({"unreadCount": "x", "parley.marks": "x"})"}) {
    SCOPED_TRACE(members);
    const auto elsewhere = say(alice, bob, "elsewhere");
    damage(conversation, members);
    const auto changes = round(append(alice, carol, members), deliver(elsewhere));
    ASSERT_TRUE(answer<AppendWork>(0)) << "it is stored";
    EXPECT_TRUE(answer<DeliverWork>(1)) << answer<DeliverWork>(1).error().detail;
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_TRUE(std::holds_alternative<chat::MessageDelivered>(changes.back()));
    const Document stored = only(conversation);
    EXPECT_EQ(stored.view().text("lastMessage"), members) << "as if nothing had been there";
    EXPECT_EQ(stored.view().integer("unreadCount." + carol.hex()),
              answer<AppendWork>(0)->message.seq);
  }
}

TEST_F(RoundTest, refuses_a_reading_that_the_database_refuses_and_no_other_one) {
  const auto alice = user("alice"), bob = user("bob"), carol = user("carol");
  const auto good = say(alice, bob, "1"), bad = say(alice, carol, "1");
  // What is in it has the right type, so that nothing mends it.
  damage(bad.conversation_id, "{\"parley.marks." + carol.hex() + "\": [{}]}");
  const auto changes =
      round(ReadWork{bob, good.id, at(2000), {}}, ReadWork{carol, bad.id, at(2000), {}});
  EXPECT_TRUE(answer<ReadWork>(0));
  ASSERT_FALSE(answer<ReadWork>(1));
  EXPECT_EQ(answer<ReadWork>(1).error().code, Errc::internal);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(std::get<chat::MessagesRead>(changes.front()).reader, bob);
}

}  // namespace
}  // namespace parley::store::mongo
