#include "chat/messaging.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"
#include "chat/weight.hpp"

namespace parley::chat {

class MessagingTest : public ::testing::Test {
 protected:
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return fakes::run(context_, std::move(task));
  }
  template <class T>
  Errc refusal(Task<Result<T>> task) {
    const auto result = run(std::move(task));
    EXPECT_FALSE(result.has_value());
    return result ? Errc::internal : result.error().code;
  }
  UserId user(const std::string& name) {
    Account account;
    account.id = UserId{ids_.next(now_)};
    account.username = name;
    account.email = name + "@example.org";
    return run(stores_.accounts.create(account))->id;
  }
  Message say(UserId from, UserId to, std::string content) {
    return run(messaging_.send({from, to, std::move(content), std::nullopt, now_}))->message;
  }
  HistoryQuery about(const Message& message, std::size_t limit = 20) const {
    HistoryQuery query;
    query.conversation_id = message.conversation_id;
    query.viewer = message.sender;
    query.limit = limit;
    return query;
  }

  Time now_ = from_unix_ms(1'760'000'000'000);
  asio::io_context context_{1};
  ObjectIdSource ids_;
  fakes::MemoryStores stores_;
  Messaging messaging_{stores_.messages, stores_.messages, stores_.messages, Limits{}};
  UserId alice_ = user("alice");
  UserId bob_ = user("bob");
  UserId carol_ = user("carol");
};

TEST_F(MessagingTest, sends_what_is_in_order) {
  const auto sent = run(messaging_.send({alice_, bob_, "  hello \n", "c-1", now_}));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->message.content, "  hello \n");
  EXPECT_EQ(sent->message.seq, 1u);
  EXPECT_FALSE(sent->duplicate);
  EXPECT_TRUE(run(messaging_.send({alice_, bob_, "  hello \n", "c-1", now_}))->duplicate);
}

TEST_F(MessagingTest, stores_nothing_that_is_not) {
  EXPECT_EQ(refusal(messaging_.send({alice_, bob_, "", std::nullopt, now_})), Errc::bad_request);
  EXPECT_EQ(refusal(messaging_.send({alice_, bob_, std::string(4097, 'x'), std::nullopt, now_})),
            Errc::bad_request);
  EXPECT_EQ(refusal(messaging_.send({alice_, bob_, "\xFF", std::nullopt, now_})),
            Errc::bad_request);
  EXPECT_EQ(refusal(messaging_.send({alice_, bob_, "x", std::string(65, 'c'), now_})),
            Errc::bad_request);
  EXPECT_EQ(refusal(messaging_.send({alice_, alice_, "x", std::nullopt, now_})), Errc::bad_request);
  EXPECT_EQ(refusal(messaging_.send({alice_, UserId{}, "x", std::nullopt, now_})), Errc::not_found);
  EXPECT_TRUE(run(messaging_.conversations(alice_, std::nullopt, std::nullopt))->summaries.empty());
}

TEST_F(MessagingTest, marks_receipts) {
  const Message message = say(alice_, bob_, "hello");
  EXPECT_TRUE(run(messaging_.mark_delivered(
      {{bob_, message.conversation_id, message.id, alice_, message.seq}}, now_)));
  EXPECT_EQ(run(messaging_.history(about(message)))->messages.at(0).status(), Status::delivered);
  EXPECT_TRUE(run(messaging_.mark_read(bob_, message.id, now_)));
  EXPECT_EQ(run(messaging_.history(about(message)))->messages.at(0).status(), Status::read);
  EXPECT_EQ(refusal(messaging_.mark_read(alice_, message.id, now_)), Errc::forbidden);
  EXPECT_EQ(refusal(messaging_.mark_read(carol_, message.id, now_)), Errc::not_found);
  EXPECT_TRUE(run(messaging_.mark_delivered({}, now_)));
}

TEST_F(MessagingTest, cuts_a_history_page_to_the_limit) {
  Message last;
  for (int i = 0; i < 105; ++i) last = say(alice_, bob_, std::to_string(i));
  EXPECT_EQ(run(messaging_.history(about(last, 1'000'000)))->messages.size(), 100u);
  EXPECT_EQ(run(messaging_.history(about(last)))->messages.size(), 20u);
  EXPECT_EQ(refusal(messaging_.history(about(last, 0))), Errc::bad_request);
}

TEST_F(MessagingTest, pages_in_one_direction_at_a_time) {
  const Message message = say(alice_, bob_, "hello");
  HistoryQuery query = about(message);
  query.before = query.after = message.id;
  EXPECT_EQ(refusal(messaging_.history(query)), Errc::bad_request);
}

TEST_F(MessagingTest, shows_a_conversation_to_its_participants_only) {
  const Message message = say(alice_, bob_, "hello");
  HistoryQuery query = about(message);
  query.viewer = carol_;
  EXPECT_EQ(refusal(messaging_.history(query)), Errc::not_found);
  EXPECT_EQ(refusal(messaging_.conversation(message.conversation_id, carol_)), Errc::not_found);
  EXPECT_TRUE(run(messaging_.conversation(message.conversation_id, bob_))->has(alice_));
}

TEST_F(MessagingTest, points_to_the_next_page_of_either_direction) {
  std::vector<Message> all;
  for (int i = 0; i < 5; ++i) all.push_back(say(alice_, bob_, std::to_string(i)));
  HistoryQuery query = about(all[0], 2);
  EXPECT_EQ(next_cursor(query, *run(messaging_.history(query))), all[3].id);
  query.before = all[2].id;
  EXPECT_EQ(next_cursor(query, *run(messaging_.history(query))), std::nullopt) << "the last page";
  query.before = std::nullopt;
  query.after = all[0].id;
  EXPECT_EQ(next_cursor(query, *run(messaging_.history(query))), all[2].id);
  EXPECT_EQ(next_cursor(query, MessagePage{}), std::nullopt);
}

TEST_F(MessagingTest, syncs_from_the_beginning_and_from_a_cursor) {
  for (int i = 0; i < 5; ++i) say(alice_, bob_, std::to_string(i));
  const auto first = run(messaging_.sync({bob_, std::nullopt, 3}));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->messages.size(), 3u);
  EXPECT_TRUE(first->has_more);
  EXPECT_EQ(first->conversations.size(), 1u);
  const auto second = run(messaging_.sync({bob_, first->cursor, 3}));
  EXPECT_EQ(second->messages.size(), 2u);
  EXPECT_FALSE(second->has_more);
  const auto third = run(messaging_.sync({bob_, second->cursor, std::nullopt}));
  EXPECT_TRUE(third->messages.empty());
  EXPECT_EQ(third->cursor, second->cursor);
}

TEST_F(MessagingTest, bounds_a_sync_page) {
  for (int i = 0; i < 505; ++i) say(alice_, bob_, "x");
  EXPECT_EQ(run(messaging_.sync({bob_, std::nullopt, std::nullopt}))->messages.size(), 100u);
  EXPECT_EQ(run(messaging_.sync({bob_, std::nullopt, 1'000'000}))->messages.size(), 500u);
  EXPECT_EQ(refusal(messaging_.sync({bob_, std::nullopt, 0})), Errc::bad_request);
}

TEST_F(MessagingTest, refuses_a_sync_cursor_that_is_not_its_own) {
  for (int i = 0; i < 10; ++i) say(alice_, bob_, "x");
  ASSERT_TRUE(run(messaging_.sync({bob_, "v1.7", std::nullopt})));
  for (const char* bad : {"", "v1.", "7", "v1.-1", "v1. 1", "v1.1 ", "v1.x", "v2.1",
                          "v1.99999999999999999999", "v1.18446744073709551615", "\xFF"}) {
    const auto refused = run(messaging_.sync({bob_, bad, std::nullopt}));
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error(), fail(Errc::bad_request, "Invalid cursor"));
  }
}

TEST_F(MessagingTest, lists_conversations_in_pages) {
  say(alice_, bob_, "to bob");
  say(carol_, alice_, "to alice");
  const auto first = run(messaging_.conversations(alice_, std::nullopt, 1));
  ASSERT_EQ(first->summaries.size(), 1u);
  EXPECT_EQ(first->summaries[0].last_message->content, "to alice");
  const auto second = run(messaging_.conversations(alice_, first->next_cursor, 1));
  EXPECT_EQ(second->summaries.at(0).last_message->content, "to bob");
  EXPECT_EQ(second->next_cursor, std::nullopt);
  EXPECT_EQ(run(messaging_.conversations(alice_, std::nullopt, std::nullopt))->summaries.size(),
            2u);
  EXPECT_EQ(refusal(messaging_.conversations(alice_, std::nullopt, 0)), Errc::bad_request);
  EXPECT_EQ(refusal(messaging_.conversations(alice_, "nonsense", 1)), Errc::bad_request);
}

TEST_F(MessagingTest, names_peers_and_backlog) {
  const Message message = say(alice_, bob_, "hello");
  EXPECT_EQ(*run(messaging_.peers(bob_)), std::vector{alice_});
  const auto backlog = run(messaging_.backlog({bob_, 0, message.version, 10}));
  EXPECT_EQ(backlog->messages, std::vector{message});
}

/// People who all wrote to Alice what takes the most room.
class LongPages : public MessagingTest {
 protected:
  static constexpr std::size_t many = 200;
  LongPages() {
    for (std::size_t i = 0; i < many; ++i)
      said_.push_back(say(user("u" + std::to_string(i)), alice_, long_text_));
  }
  template <class Many>
  static std::size_t weight_of(const Many& all) {
    std::size_t sum = 0;
    for (const auto& one : all) sum += weight(one);
    return sum;
  }

  const std::string long_text_ = std::string(4096, '\1');
  std::vector<Message> said_;
};

TEST_F(LongPages, of_sync_end_before_they_are_too_much_for_one_answer) {
  SyncRequest request{alice_, std::nullopt, 500};
  std::vector<Message> seen;
  std::size_t pages = 0;
  for (bool more = true; more && pages < many; ++pages) {
    const auto page = run(messaging_.sync(request));
    ASSERT_TRUE(page);
    ASSERT_FALSE(page->messages.empty());
    EXPECT_LE(weight_of(page->messages) + weight_of(page->conversations), page_bytes);
    seen.insert(seen.end(), page->messages.begin(), page->messages.end());
    request.since = page->cursor;
    more = page->has_more;
  }
  EXPECT_EQ(seen, said_);
  EXPECT_LT(pages, many / 2);
}

TEST_F(LongPages, of_the_list_end_before_they_are_too_much_for_one_answer) {
  std::optional<std::string> cursor;
  std::vector<Message> seen;
  for (std::size_t pages = 0; pages < many; ++pages) {
    const auto page = run(messaging_.conversations(alice_, cursor, 500));
    ASSERT_TRUE(page);
    EXPECT_LE(weight_of(page->summaries), page_bytes);
    for (const Summary& one : page->summaries) seen.push_back(*one.last_message);
    cursor = page->next_cursor;
    if (!cursor) break;
  }
  std::reverse(seen.begin(), seen.end());
  EXPECT_EQ(seen, said_);
}

TEST_F(LongPages, of_history_end_before_they_are_too_much_for_one_answer) {
  std::vector<Message> said;
  for (std::size_t i = 0; i < many; ++i) said.push_back(say(alice_, bob_, long_text_));
  HistoryQuery query = about(said.front(), 100);
  std::vector<Message> seen;
  for (bool more = true; more && seen.size() < many;) {
    const auto page = run(messaging_.history(query));
    ASSERT_FALSE(page->messages.empty());
    EXPECT_LE(weight_of(page->messages), page_bytes);
    seen.insert(seen.begin(), page->messages.begin(), page->messages.end());
    query.before = next_cursor(query, *page);
    more = page->has_more;
  }
  EXPECT_EQ(seen, said);
  query.before = std::nullopt;
  query.after = said.front().id;
  const auto page = run(messaging_.history(query));
  EXPECT_LE(weight_of(page->messages), page_bytes);
  EXPECT_EQ(page->messages.front(), said[1]);
  EXPECT_TRUE(page->has_more);
}

TEST_F(LongPages, of_what_reached_no_device_end_before_they_are_too_much) {
  BacklogQuery query{alice_, 0, said_.back().version, 100};
  std::vector<Message> seen;
  for (bool more = true; more && seen.size() < many;) {
    const auto page = run(messaging_.backlog(query));
    ASSERT_FALSE(page->messages.empty());
    EXPECT_LE(weight_of(page->messages), page_bytes);
    seen.insert(seen.end(), page->messages.begin(), page->messages.end());
    query.after = page->messages.back().version;
    more = page->has_more;
  }
  EXPECT_EQ(seen, said_);
}

}  // namespace parley::chat
