#pragma once

#include <algorithm>

#include "chat/ports/contract/stores.hpp"

namespace parley::chat::contract {

/// Watermarks, what they make of messages, and the backlog.
class ReceiptStoreContract : public StoresTest {
 protected:
  std::vector<Status> statuses(const Message& message) {
    std::vector<Status> all;
    for (const Message& one : all_of(message.conversation_id, alice_)) all.push_back(one.status());
    return all;
  }
  std::vector<std::string> backlog(UserId user, Version after, Version up_to,
                                   std::size_t limit = 100) {
    return contents(good(stores_->messages().backlog({user, after, up_to, limit})).messages);
  }
  template <class T>
  std::vector<T> heard() const {
    std::vector<T> all;
    for (const Change& change : heard_) {
      if (const T* one = std::get_if<T>(&change)) all.push_back(*one);
    }
    return all;
  }

  UserId alice_ = user("alice");
  UserId bob_ = user("bob");
  UserId carol_ = user("carol");
};

TEST_P(ReceiptStoreContract, delivers_a_message_and_all_before_it) {
  say(alice_, bob_, "1");
  const Message second = say(alice_, bob_, "2");
  say(alice_, bob_, "3");
  deliver(second, at(2000));
  using enum Status;
  EXPECT_EQ(statuses(second), (std::vector{delivered, delivered, sent}));
  EXPECT_EQ(as_seen(second).delivered_at, at(2000));
  EXPECT_EQ(as_seen(second).read_at, std::nullopt);
}

TEST_P(ReceiptStoreContract, reads_a_message_and_all_before_it) {
  const Message first = say(alice_, bob_, "1"), second = say(alice_, bob_, "2");
  say(alice_, bob_, "3");
  deliver(first, at(1500));
  read(second, at(2000));
  using enum Status;
  EXPECT_EQ(statuses(second), (std::vector{Status::read, Status::read, sent}));
  EXPECT_EQ(as_seen(first).delivered_at, at(1500));
  EXPECT_EQ(as_seen(first).read_at, at(2000));
  EXPECT_EQ(as_seen(second).delivered_at, at(2000));
  EXPECT_EQ(as_seen(second).read_at, at(2000));
}

TEST_P(ReceiptStoreContract, leaves_the_other_direction_alone) {
  const Message hers = say(alice_, bob_, "hers"), his = say(bob_, alice_, "his");
  const Message last = say(alice_, bob_, "hers again");
  read(last, at(2000));
  EXPECT_EQ(as_seen(hers).status(), Status::read);
  EXPECT_EQ(as_seen(his).status(), Status::sent);
}

TEST_P(ReceiptStoreContract, never_goes_back) {
  const Message first = say(alice_, bob_, "1"), second = say(alice_, bob_, "2");
  read(second, at(2000));
  deliver(first, at(3000));
  deliver(second, at(3000));
  read(first, at(3000));
  using enum Status;
  EXPECT_EQ(statuses(second), (std::vector{Status::read, Status::read}));
  EXPECT_EQ(as_seen(second).delivered_at, at(2000));
  EXPECT_EQ(as_seen(second).read_at, at(2000));
}

TEST_P(ReceiptStoreContract, keeps_the_times_of_earlier_messages_when_a_watermark_moves_on) {
  const Message first = say(alice_, bob_, "1");
  deliver(first, at(2000));
  read(first, at(3000));
  const Message second = say(alice_, bob_, "2");
  deliver(second, at(4000));
  read(second, at(5000));
  EXPECT_EQ(as_seen(first).delivered_at, at(2000));
  EXPECT_EQ(as_seen(first).read_at, at(3000));
  EXPECT_EQ(as_seen(second).delivered_at, at(4000));
  EXPECT_EQ(as_seen(second).read_at, at(5000));
}

TEST_P(ReceiptStoreContract, tells_each_message_of_a_page_when_its_own_watermark_came) {
  std::vector<Message> sent;
  for (int i = 0; i < 8; ++i) {
    sent.push_back(i % 3 == 2 ? say(bob_, alice_, "his") : say(alice_, bob_, "hers"));
  }
  deliver(sent[0], at(2001));
  deliver(sent[3], at(2004));
  deliver(sent[4], at(2005));
  deliver(sent[5], at(2006));
  read(sent[1], at(3002));
  read(sent[4], at(3005));
  read(sent[2], at(3003));
  std::vector<std::optional<Time>> delivered, read;
  for (const Message& one : all_of(sent[0].conversation_id, alice_)) {
    delivered.push_back(one.delivered_at);
    read.push_back(one.read_at);
  }
  EXPECT_EQ(delivered, (std::vector<std::optional<Time>>{
                           at(2001), at(2004), at(2006), at(2004), at(2005), at(2006), {}, {}}));
  EXPECT_EQ(read, (std::vector<std::optional<Time>>{
                      at(3002), at(3002), at(3003), at(3005), at(3005), {}, {}, {}}));
}

TEST_P(ReceiptStoreContract, takes_many_marks_at_once) {
  const Message to_bob = say(alice_, bob_, "1"), to_carol = say(alice_, carol_, "2");
  const Message from_carol = say(carol_, bob_, "3");
  listen();
  good(stores_->receipts().mark_delivered({mark(to_bob), mark(to_carol), mark(from_carol)}, at(9)));
  EXPECT_EQ(as_seen(to_bob).status(), Status::delivered);
  EXPECT_EQ(as_seen(to_carol).status(), Status::delivered);
  EXPECT_EQ(as_seen(from_carol).status(), Status::delivered);
  EXPECT_EQ(heard<MessageDelivered>().size(), 3u);
  EXPECT_TRUE(run(stores_->receipts().mark_delivered({}, at(9))));
}

TEST_P(ReceiptStoreContract, publishes_each_delivery_once) {
  const Message first = say(alice_, bob_, "1"), second = say(alice_, bob_, "2");
  listen();
  deliver(first, at(2000));
  deliver(first, at(2500));
  deliver(second, at(3000));
  deliver(first, at(3500));
  const auto delivered = heard<MessageDelivered>();
  ASSERT_EQ(delivered.size(), 2u);
  EXPECT_EQ(delivered[0].message_id, first.id);
  EXPECT_EQ(delivered[0].conversation_id, first.conversation_id);
  EXPECT_EQ(delivered[0].seq, 1u);
  EXPECT_EQ(delivered[0].sender, alice_);
  EXPECT_EQ(delivered[0].receiver, bob_);
  EXPECT_EQ(delivered[0].at, at(2000));
  EXPECT_GT(delivered[0].version, second.version);
  EXPECT_EQ(delivered[1].message_id, second.id);
  EXPECT_GT(delivered[1].version, delivered[0].version);
}

TEST_P(ReceiptStoreContract, publishes_one_delivery_when_two_devices_have_it_at_once) {
  const Message message = say(alice_, bob_, "1");
  listen();
  std::vector<Task<Result<Done>>> tasks;
  for (int i = 0; i < 4; ++i) {
    tasks.push_back(stores_->receipts().mark_delivered({mark(message)}, at(2000 + i)));
  }
  for (const auto& result : run_all(std::move(tasks))) EXPECT_TRUE(result);
  EXPECT_EQ(heard<MessageDelivered>().size(), 1u);
}

TEST_P(ReceiptStoreContract, publishes_what_was_read_and_what_is_left) {
  const Message first = say(alice_, bob_, "1");
  say(alice_, bob_, "2");
  say(bob_, alice_, "his own");
  listen();
  read(first, at(2000));
  const auto read = heard<MessagesRead>();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].conversation_id, first.conversation_id);
  EXPECT_EQ(read[0].message_id, first.id);
  EXPECT_EQ(read[0].seq, 1u);
  EXPECT_EQ(read[0].reader, bob_);
  EXPECT_EQ(read[0].unread_count, 1u);
  EXPECT_EQ(read[0].at, at(2000));
  auto participants = read[0].participants;
  std::sort(participants.begin(), participants.end());
  EXPECT_EQ(participants, (std::vector{std::min(alice_, bob_), std::max(alice_, bob_)}));
}

TEST_P(ReceiptStoreContract, publishes_a_reading_once) {
  const Message first = say(alice_, bob_, "1"), second = say(alice_, bob_, "2");
  listen();
  read(second, at(2000));
  read(second, at(2500));
  read(first, at(2500));
  EXPECT_EQ(heard<MessagesRead>().size(), 1u);
}

TEST_P(ReceiptStoreContract, lets_only_the_receiver_read) {
  const Message message = say(alice_, bob_, "1");
  auto& receipts = stores_->receipts();
  EXPECT_EQ(refusal(receipts.mark_read(alice_, message.id, at(2))), Errc::forbidden);
  EXPECT_EQ(refusal(receipts.mark_read(carol_, message.id, at(2))), Errc::not_found);
  EXPECT_EQ(refusal(receipts.mark_read(bob_, new_id<MessageId>(), at(2))), Errc::not_found);
  EXPECT_EQ(as_seen(message).status(), Status::sent);
}

TEST_P(ReceiptStoreContract, counts_what_is_unread) {
  EXPECT_EQ(unread(bob_), 0u);
  say(alice_, bob_, "1");
  const Message second = say(alice_, bob_, "2");
  say(bob_, alice_, "his");
  say(alice_, bob_, "3");
  say(carol_, bob_, "4");
  EXPECT_EQ(unread(bob_), 4u);
  EXPECT_EQ(unread(alice_), 1u);
  deliver(second, at(2000));
  EXPECT_EQ(unread(bob_), 4u) << "being delivered is not being read";
  read(second, at(3000));
  EXPECT_EQ(unread(bob_), 2u);
  EXPECT_EQ(unread(alice_), 1u);
}

TEST_P(ReceiptStoreContract, keeps_a_backlog_of_what_reached_no_device) {
  const Message first = say(alice_, bob_, "1"), second = say(carol_, bob_, "2"),
                third = say(alice_, bob_, "3");
  say(bob_, alice_, "not for him");
  const Version now = third.version;
  EXPECT_EQ(backlog(bob_, 0, now), (std::vector<std::string>{"1", "2", "3"}));
  deliver(first, at(2000));
  EXPECT_EQ(backlog(bob_, 0, now), (std::vector<std::string>{"2", "3"}));
  deliver(third, at(2000));
  read(second, at(2000));
  EXPECT_TRUE(backlog(bob_, 0, now).empty());
}

TEST_P(ReceiptStoreContract, bounds_a_backlog_by_versions_and_pages_through_it) {
  std::vector<Message> all;
  for (int i = 0; i < 5; ++i) all.push_back(say(i % 2 ? alice_ : carol_, bob_, std::to_string(i)));
  EXPECT_EQ(backlog(bob_, all[0].version, all[3].version),
            (std::vector<std::string>{"1", "2", "3"}));
  const auto page = good(stores_->messages().backlog({bob_, 0, all[4].version, 2}));
  EXPECT_EQ(contents(page.messages), (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE(page.has_more);
  const auto rest =
      good(stores_->messages().backlog({bob_, page.messages.back().version, all[4].version, 3}));
  EXPECT_EQ(contents(rest.messages), (std::vector<std::string>{"2", "3", "4"}));
  EXPECT_FALSE(rest.has_more);
}

}  // namespace parley::chat::contract
