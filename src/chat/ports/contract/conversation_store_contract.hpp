#pragma once

#include <algorithm>
#include <set>

#include "chat/ports/contract/stores.hpp"

namespace parley::chat::contract {

class ConversationStoreContract : public StoresTest {
 protected:
  SummaryPage list(UserId viewer, std::optional<std::string> cursor = {}, std::size_t limit = 20) {
    return good(stores_->conversations().list(viewer, std::move(cursor), limit));
  }
  /// The last messages of all pages, newest conversation first.
  std::vector<std::string> pages(UserId viewer, std::size_t limit) {
    std::vector<std::string> all;
    std::optional<std::string> cursor;
    do {
      const SummaryPage page = list(viewer, cursor, limit);
      EXPECT_LE(page.summaries.size(), limit);
      for (const Summary& one : page.summaries) all.push_back(one.last_message->content);
      cursor = page.next_cursor;
    } while (cursor);
    return all;
  }

  UserId alice_ = user("alice");
  UserId bob_ = user("bob");
  UserId carol_ = user("carol");
};

TEST_P(ConversationStoreContract, begins_empty) {
  EXPECT_TRUE(list(alice_).summaries.empty());
  EXPECT_EQ(list(alice_).next_cursor, std::nullopt);
  EXPECT_TRUE(good(stores_->conversations().peers(alice_)).empty());
}

TEST_P(ConversationStoreContract, is_found_by_its_participants_only) {
  const Message message = say(alice_, bob_, "hello", at(1000));
  for (const UserId viewer : {alice_, bob_}) {
    const Conversation found = good(stores_->conversations().find(message.conversation_id, viewer));
    EXPECT_EQ(found.id, message.conversation_id);
    EXPECT_EQ(found.participants, (std::vector{std::min(alice_, bob_), std::max(alice_, bob_)}));
    EXPECT_EQ(found.created_at, at(1000));
  }
  auto& conversations = stores_->conversations();
  EXPECT_EQ(refusal(conversations.find(message.conversation_id, carol_)), Errc::not_found);
  EXPECT_EQ(refusal(conversations.find(new_id<ConversationId>(), alice_)), Errc::not_found);
}

TEST_P(ConversationStoreContract, summarises_for_the_viewer) {
  say(alice_, bob_, "1");
  const Message last = say(alice_, bob_, "2");
  for (const auto& [viewer, unread] : {std::pair{alice_, 0u}, std::pair{bob_, 2u}}) {
    const SummaryPage page = list(viewer);
    ASSERT_EQ(page.summaries.size(), 1u);
    EXPECT_EQ(page.summaries[0].conversation.id, last.conversation_id);
    EXPECT_EQ(page.summaries[0].conversation.participants.size(), 2u);
    EXPECT_EQ(page.summaries[0].last_message, last);
    EXPECT_EQ(page.summaries[0].unread_count, unread);
    EXPECT_EQ(page.next_cursor, std::nullopt);
  }
}

TEST_P(ConversationStoreContract, is_found_by_its_two_people) {
  say(alice_, carol_, "another");
  say(alice_, bob_, "1");
  const Message last = say(alice_, bob_, "2");
  const Summary seen = good(stores_->conversations().between(bob_, alice_));
  EXPECT_EQ(seen.conversation.id, last.conversation_id);
  EXPECT_EQ(seen.last_message, last);
  EXPECT_EQ(seen.unread_count, 2u);
  EXPECT_EQ(good(stores_->conversations().between(alice_, bob_)).unread_count, 0u);
  good(stores_->receipts().mark_read(bob_, last.id, at(2000)));
  EXPECT_EQ(good(stores_->conversations().between(bob_, alice_)).unread_count, 0u);
  EXPECT_EQ(refusal(stores_->conversations().between(bob_, carol_)), Errc::not_found);
  EXPECT_EQ(refusal(stores_->conversations().between(bob_, new_id<UserId>())), Errc::not_found);
}

TEST_P(ConversationStoreContract, shows_the_last_message_with_its_present_status) {
  const Message message = say(alice_, bob_, "1");
  read(message, at(2000));
  EXPECT_EQ(list(alice_).summaries.at(0).last_message->status(), Status::read);
  EXPECT_EQ(list(alice_).summaries.at(0).last_message->read_at, at(2000));
}

TEST_P(ConversationStoreContract, lists_the_newest_first) {
  say(alice_, bob_, "bob 1", at(1000));
  say(carol_, alice_, "carol 1", at(1001));
  EXPECT_EQ(pages(alice_, 20), (std::vector<std::string>{"carol 1", "bob 1"}));
  say(bob_, alice_, "bob 2", at(1002));
  EXPECT_EQ(pages(alice_, 20), (std::vector<std::string>{"bob 2", "carol 1"}));
  EXPECT_EQ(pages(bob_, 20), (std::vector<std::string>{"bob 2"}));
}

TEST_P(ConversationStoreContract, lists_by_what_came_last_when_the_clock_stands_still) {
  say(alice_, bob_, "bob 1");
  say(alice_, carol_, "carol 1");
  say(alice_, bob_, "bob 2");
  EXPECT_EQ(pages(alice_, 20), (std::vector<std::string>{"bob 2", "carol 1"}));
}

TEST_P(ConversationStoreContract, pages_through_everything_in_any_page_size) {
  std::vector<std::string> expected;
  for (int i = 0; i < 9; ++i) {
    const std::string name = "peer" + std::to_string(i);
    say(user(name), alice_, name, at(1000 + i / 3));
    expected.insert(expected.begin(), name);
  }
  for (std::size_t limit = 1; limit <= 10; ++limit)
    EXPECT_EQ(pages(alice_, limit), expected) << limit;
}

TEST_P(ConversationStoreContract, says_behind_what_everything_is_that_a_first_page_does_not_show) {
  say(carol_, alice_, "1");
  const Message second = say(alice_, bob_, "2");
  const SummaryPage first = list(alice_, {}, 1);
  ASSERT_TRUE(first.as_of);
  EXPECT_GT(first.as_of->version, 0u);
  EXPECT_EQ(list(alice_, first.next_cursor, 1).as_of, std::nullopt);
  read(second, at(2000));
  const Message third = say(carol_, alice_, "3");
  const SyncPage since = good(stores_->messages().changes(alice_, *first.as_of, 100));
  ASSERT_FALSE(since.messages.empty());
  EXPECT_EQ(since.messages.back(), third);
  const auto is_bobs = [&](const Receipt& one) { return one.user == bob_ && one.read_seq == 1; };
  EXPECT_TRUE(std::any_of(since.receipts.begin(), since.receipts.end(), is_bobs));
}

TEST_P(ConversationStoreContract, loses_nobody_when_a_conversation_moves_up_between_pages) {
  std::vector<UserId> peers;
  for (int i = 0; i < 6; ++i) peers.push_back(user("peer" + std::to_string(i)));
  for (const UserId peer : peers) say(peer, alice_, "old");
  const SummaryPage first = list(alice_, {}, 3);
  say(peers[4], alice_, "new");  // On the first page already.
  const SummaryPage second = list(alice_, first.next_cursor, 3);
  std::set<ConversationId> seen;
  for (const auto* page : {&first, &second}) {
    for (const Summary& one : page->summaries) seen.insert(one.conversation.id);
  }
  EXPECT_EQ(seen.size(), 6u);
}

TEST_P(ConversationStoreContract, refuses_a_cursor_that_is_not_its_own) {
  say(alice_, bob_, "1");
  for (const char* bad :
       {"", "nonsense", "-1", "\xFF\xFE", "99999999999999999999999999", "../../x"}) {
    EXPECT_EQ(refusal(stores_->conversations().list(alice_, bad, 20)), Errc::bad_request) << bad;
  }
}

TEST_P(ConversationStoreContract, gives_cursors_that_fit_into_a_url) {
  say(alice_, bob_, "1");
  say(alice_, carol_, "2");
  const auto cursor = list(alice_, {}, 1).next_cursor;
  ASSERT_TRUE(cursor);
  EXPECT_FALSE(cursor->empty());
  EXPECT_EQ(cursor->find_first_not_of(
                "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~"),
            std::string::npos);
}

TEST_P(ConversationStoreContract, names_each_peer_once) {
  say(alice_, bob_, "1");
  say(alice_, bob_, "2");
  say(carol_, alice_, "3");
  auto peers = good(stores_->conversations().peers(alice_));
  std::sort(peers.begin(), peers.end());
  EXPECT_EQ(peers, (std::vector{std::min(bob_, carol_), std::max(bob_, carol_)}));
  EXPECT_EQ(good(stores_->conversations().peers(bob_)), (std::vector{alice_}));
}

}  // namespace parley::chat::contract
