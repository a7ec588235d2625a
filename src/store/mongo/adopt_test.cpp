// Documents of the Node original, and of Node servers that write beside us.
#include "store/mongo/adopt.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <utility>

#include "store/mongo/internals.hpp"
#include "store/mongo/node_testing.hpp"

namespace parley::store::mongo {
namespace {

using chat::contract::at;
using chat::contract::contents;
using namespace std::chrono_literals;

class AdoptTest : public ::testing::Test {
 protected:
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = chat::fakes::run(context_, std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }

  chat::UserId user(const std::string& name) {
    const chat::UserId id{ids_.next(at(0))};
    database_.put("users", std::move(Document()
                                         .set("_id", id)
                                         .set("username", name)
                                         .set("email", name + "@example.org")
                                         .set("__v", 0)));
    return id;
  }
  /// As Mongoose makes one.
  chat::ConversationId conversation(chat::UserId one, chat::UserId other) {
    const chat::ConversationId id{ids_.next(at(0))};
    database_.put("conversations", std::move(Document()
                                                 .set("_id", id)
                                                 .set("participants", Array().add(one).add(other))
                                                 .set("unreadCount", Document())
                                                 .set("createdAt", at(0))
                                                 .set("updatedAt", at(0))
                                                 .set("__v", 0)));
    return id;
  }
  /// As the original's server stores a message: the document, then the conversation.
  chat::MessageId node_says(chat::ConversationId id, chat::UserId from, chat::UserId to,
                            const std::string& content, Time now, const char* status = "sent") {
    const chat::MessageId message{ids_.next(now)};
    Document document;
    document.set("_id", message)
        .set("sender", from)
        .set("receiver", to)
        .set("conversationId", id)
        .set("content", content)
        .set("status", status)
        .set("createdAt", now)
        .set("updatedAt", now)
        .set("__v", 0);
    if (std::string_view(status) == "read") document.set("readAt", now);
    database_.put("messages", document);
    Document set, increment;
    set.set("lastMessage", content).set("lastMessageAt", now);
    if (std::string_view(status) != "read") increment.set("unreadCount." + to.hex(), 1);
    Update update;
    update.filter.set("_id", id);
    update.change.set("$set", set);
    if (!increment.empty()) update.change.set("$inc", increment);
    if (!database_.lease().update("conversations", update)) throw std::runtime_error("no update");
    return message;
  }
  /// To Bob, in a conversation that is not there.
  Document orphan(chat::ConversationId id) {
    return std::move(Document()
                         .set("_id", ids_.next(at(0)))
                         .set("sender", alice_)
                         .set("receiver", bob_)
                         .set("conversationId", id)
                         .set("content", "orphan")
                         .set("status", "sent")
                         .set("createdAt", at(0)));
  }
  void set_unread(chat::ConversationId id, chat::UserId user, int count) {
    Update update;
    update.filter.set("_id", id);
    update.change.set("$set", std::move(Document().set("unreadCount." + user.hex(), count)));
    if (!database_.lease().update("conversations", update)) throw std::runtime_error("no update");
  }
  chat::Message say(chat::UserId from, chat::UserId to, std::string content, Time now) {
    return good(node_.messages().append({from, to, std::move(content), std::nullopt, now})).message;
  }
  std::vector<chat::Message> all_of(chat::ConversationId id, chat::UserId viewer) {
    chat::HistoryQuery query;
    query.conversation_id = id;
    query.viewer = viewer;
    query.limit = 100'000;
    return good(node_.messages().history(query)).messages;
  }
  std::vector<chat::Summary> list(chat::UserId viewer, std::size_t limit = 100) {
    return good(node_.conversations().list(viewer, std::nullopt, limit)).summaries;
  }

  asio::io_context context_{1};
  ObjectIdSource ids_;
  TestDatabase database_;
  TestNode node_{database_.uri()};
  chat::UserId alice_ = user("alice");
  chat::UserId bob_ = user("bob");
};

TEST_F(AdoptTest, makes_no_version_of_the_future_from_a_time_that_is) {
  const auto id = conversation(alice_, bob_);
  node_says(id, alice_, bob_, "from 2089", from_unix_ms(3'780'000'000'000));
  EXPECT_LT(all_of(id, bob_).at(0).version, VersionClock::floor_of(wall_now() + 1min));
  const auto carol = user("carol");
  EXPECT_LT(say(carol, bob_, "now", wall_now()).version, VersionClock::floor_of(wall_now() + 1min));
}

TEST_F(AdoptTest, pages_through_messages_of_the_original) {
  const auto id = conversation(alice_, bob_);
  for (int i = 0; i < 120; ++i)
    node_says(id, i % 3 ? alice_ : bob_, i % 3 ? bob_ : alice_, std::to_string(i), at(i / 4));
  std::vector<chat::Message> seen;
  chat::HistoryQuery query;
  query.conversation_id = id;
  query.viewer = bob_;
  query.limit = 50;
  for (bool more = true; more;) {
    auto page = good(node_.messages().history(query));
    seen.insert(seen.begin(), page.messages.begin(), page.messages.end());
    more = page.has_more;
    query.before = page.messages.front().id;
  }
  ASSERT_EQ(seen.size(), 120u);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].content, std::to_string(i));
    EXPECT_EQ(seen[i].seq, i + 1);
    if (i > 0) {
      EXPECT_GT(seen[i].version, seen[i - 1].version);
    }
  }
}

TEST_F(AdoptTest, lists_conversations_of_the_original_with_their_counts) {
  const auto carol = user("carol");
  const auto first = conversation(alice_, bob_), second = conversation(carol, alice_);
  node_says(first, bob_, alice_, "read", at(1), "read");
  node_says(first, bob_, alice_, "unread", at(2));
  const auto last = node_says(second, carol, alice_, "newest", at(3));
  const auto summaries = list(alice_);
  ASSERT_EQ(summaries.size(), 2u);
  EXPECT_EQ(summaries[0].conversation.id, second);
  EXPECT_EQ(summaries[0].last_message->id, last);
  EXPECT_EQ(summaries[0].unread_count, 1u);
  EXPECT_EQ(summaries[1].last_message->content, "unread");
  EXPECT_EQ(summaries[1].unread_count, 1u);
  const auto all = all_of(first, alice_);
  EXPECT_EQ(all[0].status(), chat::Status::read);
  EXPECT_EQ(all[1].status(), chat::Status::sent);
}

TEST_F(AdoptTest, counts_as_the_original_counted) {
  const auto id = conversation(alice_, bob_);
  for (int i = 0; i < 4; ++i) node_says(id, bob_, alice_, std::to_string(i), at(i));
  set_unread(id, alice_, 1);
  EXPECT_EQ(list(alice_).at(0).unread_count, 1u);
  EXPECT_EQ(all_of(id, alice_).at(0).status(), chat::Status::sent) << "a count is not a receipt";
  say(bob_, alice_, "one more", at(10));
  EXPECT_EQ(list(alice_).at(0).unread_count, 2u);
}

TEST_F(AdoptTest, goes_on_in_a_conversation_of_the_original) {
  const auto id = conversation(bob_, alice_);
  node_says(id, alice_, bob_, "old", at(1));
  const auto message = say(bob_, alice_, "new", at(2));
  EXPECT_EQ(message.conversation_id, id);
  EXPECT_EQ(message.seq, 2u);
  EXPECT_TRUE(database_.only("conversations").view().has("pair"));
  EXPECT_EQ(contents(all_of(id, alice_)), (std::vector<std::string>{"old", "new"}));
}

TEST_F(AdoptTest, takes_in_what_a_node_server_writes_beside_us) {
  const auto first = say(alice_, bob_, "ours 1", at(1));
  const auto id = first.conversation_id;
  node_says(id, alice_, bob_, "theirs 2", at(2));
  node_says(id, bob_, alice_, "theirs 3", at(3));
  EXPECT_EQ(list(bob_).at(0).unread_count, 2u);
  EXPECT_EQ(list(alice_).at(0).unread_count, 1u);
  EXPECT_EQ(list(bob_).at(0).last_message->content, "theirs 3");
  const auto last = say(bob_, alice_, "ours 4", at(4));
  EXPECT_EQ(last.seq, 4u);
  EXPECT_EQ(contents(all_of(id, alice_)),
            (std::vector<std::string>{"ours 1", "theirs 2", "theirs 3", "ours 4"}));
}

TEST_F(AdoptTest, notices_a_node_servers_message_when_it_writes_itself) {
  const auto id = say(alice_, bob_, "ours", at(1)).conversation_id;
  // The writer remembers the conversation, and reads nothing before it inserts.
  node_says(id, alice_, bob_, "theirs", at(2));
  say(alice_, bob_, "ours again", at(3));
  const auto all = all_of(id, bob_);
  ASSERT_EQ(all.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(all[i].seq, i + 1);
  EXPECT_EQ(list(bob_).at(0).unread_count, 3u);
  EXPECT_EQ(say(bob_, alice_, "4", at(4)).seq, 4u);
}

TEST_F(AdoptTest, reads_a_message_that_has_no_place_yet) {
  const auto id = say(alice_, bob_, "ours", at(1)).conversation_id;
  const auto theirs = node_says(id, alice_, bob_, "theirs", at(2));
  good(node_.receipts().mark_read(bob_, theirs, at(5)));
  EXPECT_EQ(list(bob_).at(0).unread_count, 0u);
  for (const chat::Message& one : all_of(id, alice_)) EXPECT_EQ(one.status(), chat::Status::read);
}

TEST_F(AdoptTest, takes_over_what_a_node_servers_user_has_read) {
  const auto first = say(alice_, bob_, "1", at(1));
  say(alice_, bob_, "2", at(2));
  Update read;
  read.filter.set("conversationId", first.conversation_id).set("receiver", bob_);
  read.change.set("$set", std::move(Document().set("status", "read").set("readAt", at(9))));
  read.many = true;
  ASSERT_TRUE(database_.lease().update("messages", read));
  set_unread(first.conversation_id, bob_, 0);
  EXPECT_EQ(list(bob_).at(0).unread_count, 0u);
  const auto page = good(node_.messages().changes(alice_, 0, 100));
  ASSERT_EQ(page.receipts.size(), 1u);
  EXPECT_EQ(page.receipts[0].read_seq, 2u);
  EXPECT_EQ(page.receipts[0].read_at, at(9));
  EXPECT_EQ(say(alice_, bob_, "3", at(10)).seq, 3u);
  EXPECT_EQ(list(bob_).at(0).unread_count, 1u);
}

TEST_F(AdoptTest, keeps_what_we_write_readable_for_a_node_server) {
  const auto first = say(alice_, bob_, "1", at(1));
  const auto second = say(alice_, bob_, "2", at(2));
  const Document before = database_.only("conversations");
  EXPECT_EQ(before.view().text("lastMessage"), "2");
  EXPECT_EQ(before.view().time("lastMessageAt"), at(2));
  EXPECT_EQ(before.view().integer("unreadCount." + bob_.hex()), 2);
  good(node_.receipts().mark_read(bob_, first.id, at(3)));
  EXPECT_EQ(database_.only("conversations").view().integer("unreadCount." + bob_.hex()), 1);
  Document filter;
  filter.set("_id", first.id);
  const Document read = database_.only("messages", filter);
  EXPECT_EQ(read.view().text("status"), "read");
  EXPECT_EQ(read.view().time("readAt"), at(3));
  EXPECT_EQ(read.view().time("deliveredAt"), at(3));
  Document other;
  other.set("_id", second.id);
  EXPECT_EQ(database_.only("messages", other).view().text("status"), "sent");
}

TEST_F(AdoptTest, tells_devices_of_node_servers_messages) {
  const auto id = say(alice_, bob_, "ours", at(1)).conversation_id;
  const auto cursor = good(node_.messages().changes(bob_, 0, 100)).cursor;
  node_says(id, alice_, bob_, "theirs", wall_now());
  const auto page = good(node_.messages().changes(bob_, cursor, 100));
  EXPECT_EQ(contents(page.messages), (std::vector<std::string>{"theirs"}));
  const auto backlog = good(node_.messages().backlog({bob_, 0, ~chat::Version{0}, 100}));
  EXPECT_EQ(contents(backlog.messages), (std::vector<std::string>{"ours", "theirs"}));
}

TEST_F(AdoptTest, has_a_backlog_of_messages_without_a_place) {
  const auto id = conversation(alice_, bob_);
  for (int i = 0; i < 5; ++i) node_says(id, alice_, bob_, std::to_string(i), at(i));
  const auto page = good(node_.messages().backlog({bob_, 0, ~chat::Version{0}, 3}));
  EXPECT_EQ(contents(page.messages), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_TRUE(page.has_more);
}

TEST_F(AdoptTest, is_done_by_several_nodes_at_once) {
  const auto id = conversation(alice_, bob_);
  constexpr int count = 60;
  for (int i = 0; i < count; ++i) node_says(id, alice_, bob_, std::to_string(i), at(i));
  TestNode other{database_.uri()};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      Internals& internals = (i % 2 ? node_ : other).database->internals();
      auto lease = internals.client->lease();
      const auto adopted = adopt(*lease, internals.context, id);
      EXPECT_TRUE(adopted) << adopted.error().detail;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto all = all_of(id, bob_);
  ASSERT_EQ(all.size(), std::size_t{count});
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].seq, i + 1);
    EXPECT_EQ(all[i].content, std::to_string(i));
  }
  EXPECT_EQ(list(bob_).at(0).unread_count, std::uint64_t{count});
}

TEST_F(AdoptTest, tells_of_messages_at_the_places_that_they_have_got) {
  const auto id = say(alice_, bob_, "ours", wall_now()).conversation_id;
  node_says(id, alice_, bob_, "theirs", wall_now());
  StoreConfig config = node_config(database_.uri());
  // Between what the other node reads and what it writes, this one is faster.
  bool is_between = true;
  config.clock = [&] {
    if (std::exchange(is_between, false)) say(alice_, bob_, "ours, too", wall_now());
    return wall_now();
  };
  TestNode other{config};
  std::vector<std::string> heard;
  other.feed().subscribe(context_.get_executor(), [&heard](const chat::ChangeBatchPtr& batch) {
    for (const chat::Change& change : batch->changes) {
      if (const auto* appended = std::get_if<chat::MessageAppended>(&change))
        heard.push_back(std::to_string(appended->message.seq) + " " + appended->message.content);
    }
  });
  Internals& internals = other.database->internals();
  auto lease = internals.client->lease();
  const auto adopted = adopt(*lease, internals.context, id);
  ASSERT_TRUE(adopted) << adopted.error().detail;
  ASSERT_FALSE(is_between);
  chat::fakes::run_until(context_, [&] { return !heard.empty(); });
  EXPECT_EQ(contents(all_of(id, bob_)), (std::vector<std::string>{"ours", "ours, too", "theirs"}));
  EXPECT_EQ(heard, (std::vector<std::string>{"1 ours", "2 ours, too", "3 theirs"}));
}

TEST_F(AdoptTest, steps_over_any_number_of_messages_that_nobody_can_have_written) {
  const auto id = conversation(alice_, bob_);
  for (int i = 0; i < 60; ++i) {
    database_.put("messages", std::move(Document()
                                            .set("_id", ids_.next(at(0)))
                                            .set("sender", "alice")
                                            .set("receiver", bob_)
                                            .set("conversationId", id)
                                            .set("content", "?")
                                            .set("status", "sent")
                                            .set("createdAt", at(0))));
  }
  for (int i = 1; i <= 3; ++i) node_says(id, alice_, bob_, std::to_string(i), at(i));
  EXPECT_EQ(contents(all_of(id, bob_)), (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(AdoptTest, finds_a_backlog_behind_messages_of_conversations_that_are_gone) {
  const auto id = conversation(alice_, bob_);
  for (int i = 0; i < 12; ++i)
    database_.put("messages", orphan(chat::ConversationId{ids_.next(at(0))}));
  node_says(id, alice_, bob_, "from Node", at(1));
  say(alice_, bob_, "from us", at(2));
  chat::BacklogQuery query{bob_, 0, std::numeric_limits<chat::Version>::max(), 5};
  const auto page = good(node_.messages().backlog(query));
  EXPECT_EQ(contents(page.messages), (std::vector<std::string>{"from Node", "from us"}));
}

TEST_F(AdoptTest, finds_a_backlog_behind_messages_whose_version_is_no_integer) {
  const auto id = conversation(alice_, bob_);
  for (int i = 0; i < 12; ++i) {
    database_.put("messages", std::move(orphan(id).set("seq", i).set("version", 0.5)));
  }
  say(alice_, bob_, "from us", at(2));
  chat::BacklogQuery query{bob_, 0, std::numeric_limits<chat::Version>::max(), 5};
  const auto page = good(node_.messages().backlog(query));
  EXPECT_EQ(contents(page.messages), (std::vector<std::string>{"from us"}));
}

TEST_F(AdoptTest, lists_what_comes_behind_a_conversation_that_cannot_be_read) {
  std::vector<chat::ConversationId> all;
  for (int i = 0; i < 4; ++i) {
    const auto other = user("other" + std::to_string(i));
    all.push_back(conversation(bob_, other));
    node_says(all.back(), other, bob_, "hello", at(i));
  }
  Update damage;
  damage.filter.set("_id", all[2]);
  damage.change.set("$set", Document().set("participants", Array().add(bob_).add("somebody")));
  ASSERT_TRUE(database_.lease().update("conversations", damage));
  std::vector<chat::ConversationId> seen;
  std::optional<std::string> cursor;
  do {
    const auto page = good(node_.conversations().list(bob_, cursor, 2));
    for (const auto& one : page.summaries) seen.push_back(one.conversation.id);
    cursor = page.next_cursor;
  } while (cursor);
  EXPECT_EQ(seen, (std::vector{all[3], all[1], all[0]}));
}

TEST_F(AdoptTest, forgets_a_last_message_that_is_not_there) {
  const auto id = conversation(alice_, bob_);
  Update update;
  update.filter.set("_id", id);
  update.change.set("$set", std::move(Document().set("lastMessageAt", at(5))));
  ASSERT_TRUE(database_.lease().update("conversations", update));
  EXPECT_EQ(good(node_.conversations().find(id, alice_)).id, id);
  EXPECT_TRUE(list(alice_).empty());
  EXPECT_EQ(say(alice_, bob_, "first", at(6)).conversation_id, id);
  EXPECT_EQ(list(alice_).size(), 1u);
}

}  // namespace
}  // namespace parley::store::mongo
