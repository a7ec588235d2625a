#pragma once

#include <algorithm>
#include <map>

#include "chat/ports/contract/stores.hpp"

namespace parley::chat::contract {

/// MessageStore::changes: what a device that was away has to learn.
class SyncContract : public StoresTest {
 protected:
  struct Learned {
    std::vector<Message> messages;
    std::map<std::pair<ConversationId, UserId>, Receipt> receipts;  ///< The last word on each.
    std::map<ConversationId, Summary> conversations;
    SyncCursor cursor;
  };

  SyncPage changes(UserId user, SyncCursor since, std::size_t limit = 100) {
    return good(stores_->messages().changes(user, since, limit));
  }
  /// Every page from `since` on.
  Learned learn(UserId user, SyncCursor since, std::size_t limit) {
    Learned all;
    all.cursor = since;
    for (bool more = true; more;) {
      const SyncPage page = changes(user, all.cursor, limit);
      EXPECT_LE(page.messages.size(), limit);
      EXPECT_LE(page.receipts.size(), limit);
      EXPECT_LE(page.conversations.size(), page.messages.size() + page.receipts.size());
      EXPECT_GE(page.cursor.version, all.cursor.version);
      if (page.has_more && page.cursor == all.cursor) {
        ADD_FAILURE() << "no progress";
        break;
      }
      all.messages.insert(all.messages.end(), page.messages.begin(), page.messages.end());
      for (const Receipt& one : page.receipts) all.receipts[{one.conversation_id, one.user}] = one;
      for (const Summary& one : page.conversations) all.conversations[one.conversation.id] = one;
      all.cursor = page.cursor;
      more = page.has_more;
    }
    return all;
  }
  /// A busy while: 20 messages in three conversations, some of them delivered and read.
  void chatter() {
    for (int i = 0; i < 20; ++i) {
      const UserId from = i % 3 == 0 ? bob_ : i % 3 == 1 ? alice_ : carol_;
      const UserId to = i % 3 == 1 ? (i % 2 ? bob_ : carol_) : i % 5 == 0 ? dave_ : alice_;
      said_.push_back(say(from, to, std::to_string(i), at(i)));
      if (i % 4 == 0) deliver(said_.back(), at(100 + i));
      if (i % 6 == 0) read(said_.back(), at(200 + i));
    }
  }
  /// Those of `said_` that concern `user`, as they are now.
  std::vector<Message> concerning(UserId user, Version since) {
    std::vector<Message> all;
    for (const Message& one : said_) {
      const bool theirs = one.sender == user || one.receiver == user;
      if (theirs && one.version > since) all.push_back(as_seen(one));
    }
    return all;
  }

  UserId alice_ = user("alice");
  UserId bob_ = user("bob");
  UserId carol_ = user("carol");
  UserId dave_ = user("dave");
  std::vector<Message> said_;
};

TEST_P(SyncContract, has_nothing_to_say_at_first) {
  const SyncPage page = changes(alice_, 0);
  EXPECT_TRUE(page.messages.empty());
  EXPECT_TRUE(page.receipts.empty());
  EXPECT_TRUE(page.conversations.empty());
  EXPECT_FALSE(page.has_more);
}

TEST_P(SyncContract, tells_everything_once_in_order_in_any_page_size) {
  chatter();
  for (const UserId user : {alice_, bob_, carol_, dave_}) {
    for (std::size_t limit = 1; limit <= 21; ++limit) {
      EXPECT_EQ(learn(user, 0, limit).messages, concerning(user, 0)) << limit;
    }
  }
}

TEST_P(SyncContract, tells_exactly_what_was_missed_since_any_moment) {
  chatter();
  for (const Message& moment : said_) {
    for (const std::size_t limit : {1u, 3u, 100u}) {
      EXPECT_EQ(learn(alice_, moment.version, limit).messages, concerning(alice_, moment.version));
    }
  }
}

TEST_P(SyncContract, ends_in_a_cursor_after_which_there_is_nothing) {
  chatter();
  const SyncCursor end = learn(alice_, 0, 3).cursor;
  const SyncPage rest = changes(alice_, end);
  EXPECT_TRUE(rest.messages.empty());
  EXPECT_TRUE(rest.receipts.empty());
  EXPECT_TRUE(rest.conversations.empty());
  EXPECT_FALSE(rest.has_more);
  const Message next = say(bob_, alice_, "after the end");
  EXPECT_EQ(changes(alice_, rest.cursor).messages, (std::vector{next}));
}

TEST_P(SyncContract, tells_of_receipts_alone) {
  const Message first = say(alice_, bob_, "1"), second = say(alice_, bob_, "2");
  const SyncCursor before = changes(alice_, 0).cursor;
  deliver(second, at(2000));
  read(first, at(3000));
  const Learned learned = learn(alice_, before, 10);
  EXPECT_TRUE(learned.messages.empty());
  ASSERT_EQ(learned.receipts.size(), 1u);
  const Receipt receipt = learned.receipts.begin()->second;
  EXPECT_EQ(receipt, (Receipt{first.conversation_id, bob_, 2, 1, at(2000), at(3000)}));
}

TEST_P(SyncContract, tells_a_reader_of_what_they_read_elsewhere) {
  const Message message = say(alice_, bob_, "1");
  const SyncCursor before = changes(bob_, 0).cursor;
  read(message, at(3000));
  const Learned learned = learn(bob_, before, 10);
  ASSERT_EQ(learned.receipts.size(), 1u);
  EXPECT_EQ(learned.receipts.begin()->second.user, bob_);
  EXPECT_EQ(learned.receipts.begin()->second.read_seq, 1u);
  ASSERT_EQ(learned.conversations.size(), 1u);
  EXPECT_EQ(learned.conversations.begin()->second.unread_count, 0u);
}

TEST_P(SyncContract, has_the_last_word_on_every_receipt_in_any_page_size) {
  chatter();
  const Learned whole = learn(alice_, 0, 1000);
  EXPECT_FALSE(whole.receipts.empty());
  for (std::size_t limit = 1; limit <= 21; ++limit) {
    EXPECT_EQ(learn(alice_, 0, limit).receipts, whole.receipts) << limit;
  }
}

TEST_P(SyncContract, tells_of_many_receipts_by_pages) {
  std::vector<Message> said;
  for (const UserId peer : {bob_, carol_, dave_}) said.push_back(say(alice_, peer, "1"));
  const SyncCursor before = changes(alice_, 0).cursor;
  for (const Message& one : said) deliver(one, at(2000));
  const SyncPage first = changes(alice_, before, 2);
  EXPECT_TRUE(first.has_more);
  EXPECT_EQ(first.receipts.size(), 2u);
  EXPECT_EQ(first.conversations.size(), 2u);
  read(said[0], at(3000));  // told already, and again for this
  const Learned rest = learn(alice_, first.cursor, 2);
  ASSERT_EQ(rest.receipts.size(), 2u);
  EXPECT_EQ(rest.receipts.at({said[0].conversation_id, bob_}).read_seq, 1u);
  EXPECT_EQ(rest.receipts.at({said[2].conversation_id, dave_}).delivered_seq, 1u);
}

TEST_P(SyncContract, ends_a_page_at_the_receipt_that_comes_before_the_message) {
  const Message one = say(alice_, bob_, "1"), other = say(alice_, carol_, "2");
  const SyncCursor before = changes(alice_, 0).cursor;
  deliver(one, at(2000));
  deliver(other, at(2001));
  const Message last = say(bob_, alice_, "3");
  const SyncPage page = changes(alice_, before, 1);
  EXPECT_TRUE(page.messages.empty());
  EXPECT_EQ(page.receipts.size(), 1u);
  EXPECT_TRUE(page.has_more);
  const Learned rest = learn(alice_, page.cursor, 1);
  EXPECT_EQ(rest.messages, (std::vector{last}));
  ASSERT_EQ(rest.receipts.size(), 1u);
  EXPECT_EQ(rest.receipts.begin()->first.second, carol_);
}

TEST_P(SyncContract, shows_each_changed_conversation_as_it_is_now) {
  chatter();
  const auto list = good(stores_->conversations().list(alice_, std::nullopt, 100)).summaries;
  for (const std::size_t limit : {1u, 4u, 100u}) {
    const Learned learned = learn(alice_, 0, limit);
    EXPECT_EQ(learned.conversations.size(), list.size());
    for (const Summary& one : list) EXPECT_EQ(learned.conversations.at(one.conversation.id), one);
  }
}

TEST_P(SyncContract, leaves_out_conversations_that_did_not_change) {
  say(alice_, bob_, "1");
  const SyncCursor before = changes(alice_, 0).cursor;
  const Message message = say(alice_, carol_, "2");
  const SyncPage page = changes(alice_, before);
  ASSERT_EQ(page.conversations.size(), 1u);
  EXPECT_EQ(page.conversations[0].conversation.id, message.conversation_id);
}

TEST_P(SyncContract, tells_nobody_of_other_peoples_conversations) {
  const Message message = say(alice_, bob_, "secret");
  read(message, at(2000));
  const SyncPage page = changes(carol_, 0);
  EXPECT_TRUE(page.messages.empty());
  EXPECT_TRUE(page.receipts.empty());
  EXPECT_TRUE(page.conversations.empty());
}

TEST_P(SyncContract, goes_on_while_messages_keep_coming) {
  for (int i = 0; i < 6; ++i) said_.push_back(say(alice_, bob_, std::to_string(i)));
  std::vector<Message> seen;
  SyncCursor cursor;
  for (int page_number = 0; page_number < 6; ++page_number) {
    const SyncPage page = changes(bob_, cursor, 2);
    seen.insert(seen.end(), page.messages.begin(), page.messages.end());
    cursor = page.cursor;
    if (page_number < 3) said_.push_back(say(alice_, bob_, "more"));
  }
  EXPECT_EQ(seen, said_);
}

TEST_P(SyncContract, refuses_a_moment_in_the_future) {
  const Message message = say(alice_, bob_, "1");
  EXPECT_EQ(refusal(stores_->messages().changes(alice_, message.version * 2, 10)),
            Errc::bad_request);
}

}  // namespace parley::chat::contract
