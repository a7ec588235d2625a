#pragma once

#include <algorithm>
#include <limits>
#include <set>
#include <thread>

#include "chat/ports/contract/stores.hpp"

namespace parley::chat::contract {

/// append, history and the feed.
class MessageStoreContract : public StoresTest {
 protected:
  MessagePage page(HistoryQuery query) { return good(stores_->messages().history(query)); }
  Result<Appended> append(NewMessage draft) {
    return run(stores_->messages().append(std::move(draft)));
  }
  /// Appends of all drafts, started at once and in order.
  std::vector<Message> append_all(std::vector<NewMessage> drafts) {
    std::vector<Task<Result<Appended>>> tasks;
    for (NewMessage& one : drafts) tasks.push_back(stores_->messages().append(std::move(one)));
    std::vector<Message> messages;
    for (auto& result : run_all(std::move(tasks))) messages.push_back(std::move(result->message));
    return messages;
  }
  HistoryQuery about(const Message& message, std::size_t limit = 20) const {
    HistoryQuery query;
    query.conversation_id = message.conversation_id;
    query.viewer = message.sender;
    query.limit = limit;
    return query;
  }

  UserId alice_ = user("alice");
  UserId bob_ = user("bob");
  UserId carol_ = user("carol");
};

TEST_P(MessageStoreContract, gives_a_message_its_place) {
  NewMessage draft{alice_, bob_, "hello \xF0\x9F\x91\x8B", "c-1", at(5)};
  const auto appended = append(draft);
  ASSERT_TRUE(appended);
  EXPECT_FALSE(appended->duplicate);
  const Message& message = appended->message;
  EXPECT_EQ(message.sender, alice_);
  EXPECT_EQ(message.receiver, bob_);
  EXPECT_EQ(message.content, draft.content);
  EXPECT_EQ(message.client_id, "c-1");
  EXPECT_EQ(message.seq, 1u);
  EXPECT_GT(message.version, 0u);
  EXPECT_EQ(message.created_at, at(5));
  EXPECT_EQ(message.status(), Status::sent);
  EXPECT_NE(message.id, MessageId{});
  EXPECT_EQ(all_of(message.conversation_id, bob_), (std::vector<Message>{message}));
}

TEST_P(MessageStoreContract, keeps_any_bytes_of_content_and_client_id) {
  NewMessage draft{alice_, bob_, std::string("a\0b\xFF:/", 6), std::string("\0:\xFF", 3), at(5)};
  const auto appended = append(draft);
  ASSERT_TRUE(appended);
  const Message found = as_seen(appended->message);
  EXPECT_EQ(found.content, draft.content);
  EXPECT_EQ(found.client_id, draft.client_id);
}

TEST_P(MessageStoreContract, numbers_both_directions_in_one_conversation) {
  const Message first = say(alice_, bob_, "1"), second = say(bob_, alice_, "2"),
                third = say(alice_, bob_, "3"), other = say(alice_, carol_, "x");
  EXPECT_EQ(second.conversation_id, first.conversation_id);
  EXPECT_EQ(third.conversation_id, first.conversation_id);
  EXPECT_NE(other.conversation_id, first.conversation_id);
  EXPECT_EQ(second.seq, 2u);
  EXPECT_EQ(third.seq, 3u);
  EXPECT_EQ(other.seq, 1u);
  EXPECT_LT(first.version, second.version);
  EXPECT_LT(second.version, third.version);
  EXPECT_LT(third.version, other.version);
}

TEST_P(MessageStoreContract, never_goes_back_in_time_within_a_conversation) {
  const Message first = say(alice_, bob_, "1", at(100)), second = say(bob_, alice_, "2", at(50)),
                third = say(bob_, alice_, "3", at(200)), other = say(alice_, carol_, "x", at(10));
  EXPECT_EQ(first.created_at, at(100));
  EXPECT_EQ(second.created_at, at(100));
  EXPECT_EQ(third.created_at, at(200));
  EXPECT_EQ(other.created_at, at(10));
}

TEST_P(MessageStoreContract, refuses_a_receiver_who_does_not_exist) {
  EXPECT_EQ(refusal(stores_->messages().append(draft(alice_, new_id<UserId>(), "hello?"))),
            Errc::not_found);
  EXPECT_TRUE(good(stores_->conversations().list(alice_, std::nullopt, 20)).summaries.empty());
}

TEST_P(MessageStoreContract, stores_the_same_client_id_once) {
  const auto first = append({alice_, bob_, "once", "c-1", at(1)});
  const auto again = append({alice_, bob_, "once", "c-1", at(900)});
  ASSERT_TRUE(first);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->message, first->message);
  EXPECT_EQ(all_of(first->message.conversation_id, alice_).size(), 1u);
}

TEST_P(MessageStoreContract, gives_a_duplicate_with_its_present_status) {
  const Message first = append({alice_, bob_, "once", "c-1", at(1)})->message;
  read(first, at(50));
  const auto again = append({alice_, bob_, "once", "c-1", at(900)});
  EXPECT_EQ(again->message.status(), Status::read);
  EXPECT_EQ(again->message.id, first.id);
}

TEST_P(MessageStoreContract, stores_a_client_id_once_when_it_comes_at_once) {
  std::vector<Task<Result<Appended>>> tasks;
  for (int i = 0; i < 8; ++i) {
    tasks.push_back(stores_->messages().append({alice_, bob_, "once", "c-1", at(1)}));
  }
  std::set<MessageId> ids;
  int fresh = 0;
  for (const auto& result : run_all(std::move(tasks))) {
    ASSERT_TRUE(result);
    ids.insert(result->message.id);
    fresh += !result->duplicate;
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(fresh, 1);
}

TEST_P(MessageStoreContract, tells_the_client_ids_of_two_senders_apart) {
  const auto hers = append({alice_, bob_, "hers", "c-1", at(1)});
  const auto his = append({bob_, alice_, "his", "c-1", at(1)});
  EXPECT_FALSE(his->duplicate);
  EXPECT_NE(hers->message.id, his->message.id);
}

TEST_P(MessageStoreContract, knows_a_client_id_whoever_it_is_sent_to) {
  const auto first = append({alice_, bob_, "once", "c-1", at(1)});
  const auto again = append({alice_, carol_, "once", "c-1", at(1)});
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->message.id, first->message.id);
}

TEST_P(MessageStoreContract, makes_one_conversation_of_two_first_messages_at_once) {
  const auto messages =
      append_all({draft(alice_, bob_, "me first"), draft(bob_, alice_, "no, me")});
  EXPECT_EQ(messages[0].conversation_id, messages[1].conversation_id);
  EXPECT_EQ(messages[0].seq + messages[1].seq, 3u);
  EXPECT_EQ(good(stores_->conversations().list(alice_, std::nullopt, 20)).summaries.size(), 1u);
  EXPECT_EQ(good(stores_->conversations().list(bob_, std::nullopt, 20)).summaries.size(), 1u);
}

TEST_P(MessageStoreContract, keeps_the_order_of_one_callers_drafts) {
  std::vector<NewMessage> drafts;
  for (int i = 0; i < 100; ++i) {
    drafts.push_back(draft(alice_, i % 3 == 0 ? carol_ : bob_, std::to_string(i)));
  }
  const auto messages = append_all(drafts);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(messages[i].content, drafts[i].content);
    if (i > 0) {
      EXPECT_LT(messages[i - 1].version, messages[i].version);
    }
  }
}

TEST_P(MessageStoreContract, serves_callers_of_several_threads) {
  constexpr int each = 200;
  const auto talk = [this](asio::io_context* context, UserId from, UserId to,
                           std::vector<Message>* said) {
    std::vector<Task<Result<Appended>>> tasks;
    for (int i = 0; i < each; ++i) {
      tasks.push_back(stores_->messages().append(draft(from, to, std::to_string(i))));
    }
    for (auto& one : fakes::run_all(*context, std::move(tasks))) said->push_back(one->message);
  };
  std::vector<Message> hers, his;
  std::thread other{talk, &other_context_, bob_, alice_, &his};
  talk(&context_, alice_, bob_, &hers);
  other.join();
  const auto all = all_of(hers.at(0).conversation_id, alice_);
  ASSERT_EQ(all.size(), 2u * each);
  std::set<Version> versions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].seq, i + 1);
    versions.insert(all[i].version);
  }
  EXPECT_EQ(versions.size(), all.size());
  for (const auto* said : {&hers, &his}) {
    for (int i = 1; i < each; ++i) EXPECT_LT(said->at(i - 1).seq, said->at(i).seq);
  }
}

TEST_P(MessageStoreContract, shows_the_newest_page_oldest_first) {
  Message last;
  for (int i = 1; i <= 5; ++i) last = say(alice_, bob_, std::to_string(i));
  const MessagePage newest = page(about(last, 2));
  EXPECT_EQ(contents(newest.messages), (std::vector<std::string>{"4", "5"}));
  EXPECT_TRUE(newest.has_more);
  const MessagePage whole = page(about(last, 5));
  EXPECT_EQ(whole.messages.size(), 5u);
  EXPECT_FALSE(whole.has_more);
}

TEST_P(MessageStoreContract, pages_backwards_through_everything) {
  for (std::size_t limit = 1; limit <= 8; ++limit) {
    const UserId from = user("f" + std::to_string(limit)), to = user("t" + std::to_string(limit));
    Message last;
    for (int i = 0; i < 7; ++i) last = say(from, to, std::to_string(i));
    std::vector<Message> seen;
    HistoryQuery query = about(last, limit);
    for (bool more = true; more;) {
      MessagePage older = page(query);
      ASSERT_LE(older.messages.size(), limit);
      seen.insert(seen.begin(), older.messages.begin(), older.messages.end());
      more = older.has_more;
      query.before = older.messages.front().id;
    }
    EXPECT_EQ(seen, all_of(last.conversation_id, from)) << limit;
  }
}

TEST_P(MessageStoreContract, pages_forwards_through_everything) {
  const Message first = say(alice_, bob_, "0");
  for (int i = 1; i < 7; ++i) say(bob_, alice_, std::to_string(i));
  std::vector<Message> seen{first};
  HistoryQuery query = about(first, 2);
  for (bool more = true; more;) {
    query.after = seen.back().id;
    MessagePage newer = page(query);
    seen.insert(seen.end(), newer.messages.begin(), newer.messages.end());
    more = newer.has_more;
  }
  EXPECT_EQ(seen, all_of(first.conversation_id, alice_));
}

TEST_P(MessageStoreContract, says_when_a_page_is_the_end) {
  const Message first = say(alice_, bob_, "1"), second = say(alice_, bob_, "2");
  HistoryQuery older = about(first);
  older.before = first.id;
  EXPECT_TRUE(page(older).messages.empty());
  EXPECT_FALSE(page(older).has_more);
  HistoryQuery newer = about(second);
  newer.after = second.id;
  EXPECT_TRUE(page(newer).messages.empty());
  EXPECT_FALSE(page(newer).has_more);
}

TEST_P(MessageStoreContract, shows_a_conversation_to_its_participants_only) {
  const Message message = say(alice_, bob_, "secret"), other = say(alice_, carol_, "x");
  HistoryQuery query = about(message);
  query.viewer = carol_;
  EXPECT_EQ(refusal(stores_->messages().history(query)), Errc::not_found);
  query.viewer = alice_;
  query.conversation_id = new_id<ConversationId>();
  EXPECT_EQ(refusal(stores_->messages().history(query)), Errc::not_found);
  query.conversation_id = message.conversation_id;
  query.before = other.id;
  EXPECT_EQ(refusal(stores_->messages().history(query)), Errc::not_found);
  query.before = std::nullopt;
  query.after = new_id<MessageId>();
  EXPECT_EQ(refusal(stores_->messages().history(query)), Errc::not_found);
}

TEST_P(MessageStoreContract, publishes_before_the_caller_resumes) {
  const auto& heard = listen();
  const Message message = say(alice_, bob_, "hello");
  ASSERT_EQ(heard.size(), 1u);
  const auto* appended = std::get_if<MessageAppended>(&heard[0]);
  ASSERT_NE(appended, nullptr);
  EXPECT_EQ(appended->message, message);
}

TEST_P(MessageStoreContract, publishes_nothing_for_a_duplicate_or_a_refusal) {
  append({alice_, bob_, "once", "c-1", at(1)}).value_or({});
  const auto& heard = listen();
  append({alice_, bob_, "once", "c-1", at(1)}).value_or({});
  append(draft(alice_, new_id<UserId>(), "hello?")).value_or({});
  say(alice_, bob_, "the end");
  EXPECT_EQ(heard.size(), 1u);
}

TEST_P(MessageStoreContract, publishes_everybodys_unread_count) {
  const auto& heard = listen();
  say(alice_, bob_, "1");
  const Message second = say(alice_, bob_, "2");
  say(bob_, alice_, "3");
  read(second, at(2000));
  say(alice_, bob_, "4");
  std::vector<std::vector<std::uint64_t>> counts;  // Of alice, of bob.
  for (const Change& change : heard) {
    const auto* appended = std::get_if<MessageAppended>(&change);
    if (!appended) continue;
    ASSERT_EQ(appended->unread.size(), 2u);
    counts.push_back({99, 99});
    for (const Unread& one : appended->unread) counts.back()[one.user == bob_] = one.count;
  }
  EXPECT_EQ(counts, (std::vector<std::vector<std::uint64_t>>{{0, 1}, {0, 2}, {1, 2}, {1, 1}}));
}

TEST_P(MessageStoreContract, publishes_everything_once_in_version_order_to_each_subscriber) {
  std::vector<Version> first, second;
  const auto collect = [](std::vector<Version>* out) {
    return [out](const ChangeBatchPtr& batch) {
      ASSERT_FALSE(batch->changes.empty());
      for (const Change& change : batch->changes) {
        if (const auto* one = std::get_if<MessageAppended>(&change))
          out->push_back(one->message.version);
      }
      EXPECT_LE(out->back(), batch->last_version);
    };
  };
  stores_->feed().subscribe(context_.get_executor(), collect(&first));
  stores_->feed().subscribe(context_.get_executor(), collect(&second));
  std::vector<NewMessage> drafts;
  for (int i = 0; i < 50; ++i)
    drafts.push_back(draft(i % 2 ? alice_ : bob_, carol_, std::to_string(i)));
  const auto messages = append_all(std::move(drafts));
  fakes::run_until(context_, [&] { return first.size() >= 50 && second.size() >= 50; });
  EXPECT_TRUE(std::is_sorted(first.begin(), first.end()));
  EXPECT_EQ(first.size(), messages.size());
  EXPECT_EQ(first, second);
}

TEST_P(MessageStoreContract, says_up_to_where_a_subscriber_will_see_nothing) {
  const Message before = say(alice_, bob_, "before");
  const auto ignore = [](const ChangeBatchPtr&) {};
  const Version seen = stores_->feed().subscribe(context_.get_executor(), ignore);
  const Message after = say(alice_, bob_, "after");
  EXPECT_GE(seen, before.version);
  // Where several nodes write there is no such version: all may come again.
  if (seen == std::numeric_limits<Version>::max()) return;
  EXPECT_LT(seen, after.version);
}

}  // namespace parley::chat::contract
