// The gateway of a node that has neighbours: what is stored and what is published overlap.
#include <gtest/gtest.h>

#include "api/test_house.hpp"
#include "api/test_ports.hpp"

namespace parley::api {

namespace {

/// A store that reads watermarks first and messages later: what is read meanwhile shows in the
/// latter.
class SlowReader final : public StoreInFront {
 public:
  Task<Result<chat::SyncPage>> changes(chat::UserId user, chat::SyncCursor since,
                                       std::size_t limit) override {
    auto page = co_await inner->changes(user, std::move(since), limit);
    for (chat::Receipt& receipt : page->receipts) {
      receipt.read_seq = 0;
      receipt.read_at.reset();
    }
    co_return page;
  }
};

/// A store whose conversations do not show their last messages yet.
class LateSummaries final : public StoreInFront {
 public:
  Task<Result<chat::SyncPage>> changes(chat::UserId user, chat::SyncCursor since,
                                       std::size_t limit) override {
    auto page = co_await inner->changes(user, std::move(since), limit);
    page->conversations.clear();
    co_return page;
  }
};

/// A store with room for a few reads at a time: one more is refused, and so is each while it is
/// away.
class SmallStore final : public PatientStore {
 public:
  Task<Result<chat::MessagePage>> backlog(chat::BacklogQuery query) override {
    if (is_away) co_return fail(Errc::unavailable);
    co_return co_await PatientStore::backlog(query);
  }
  Task<Result<chat::SyncPage>> changes(chat::UserId user, chat::SyncCursor since,
                                       std::size_t limit) override {
    if (is_away) co_return fail(Errc::unavailable);
    if (reading_ == FewAtOnce<DevicePtr>::most) co_return fail(Errc::overloaded);
    ++reading_;
    constexpr asio::use_awaitable_t<Executor> token{};
    co_await asio::post(co_await asio::this_coro::executor, token);
    auto page = co_await PatientStore::changes(user, std::move(since), limit);
    --reading_;
    co_return page;
  }
  /// Nobody waits after that.
  void let_all_go_on() {
    is_patient = false;
    while (waiting() > 0) go_on();
  }

  bool is_away = false;

 private:
  std::size_t reading_ = 0;
};

std::string room(chat::UserId user) { return "user:" + user.hex(); }

class GatewayNeighbours : public ::testing::Test {
 protected:
  using Closed = std::pair<chat::UserId, std::optional<chat::FamilyId>>;

  /// What the device was told since last time: the contents of receive_message, names of the rest.
  std::vector<std::string> told(socketio::TestClient& device) {
    house_.settle();
    device.run();
    std::vector<std::string> all;
    for (const auto& event : device.take_events()) {
      if (event.name == "conversation_updated") continue;
      all.push_back(event.name == "receive_message"
                        ? std::string(only_object(event.args.json).at("content").as_string())
                        : event.name);
    }
    return all;
  }

  ScriptedFeed feed_;
  std::vector<Closed> closed_;
  TestHouse house_{{&feed_}, Neighbours{room, [this](chat::UserId user, auto family) {
                                          closed_.push_back({user, family});
                                        }}};
  TestHouse::Person ann_ = house_.person("ann"), bob_ = house_.person("bob");
};

using namespace std::chrono_literals;
using Contents = std::vector<std::string>;

TEST_F(GatewayNeighbours, tells_once_what_is_in_the_backlog_and_in_the_feed) {
  const chat::Message message = house_.send(ann_, bob_, "hello");
  const auto device = house_.device(bob_, 1);
  feed_.say(message);
  EXPECT_EQ(told(*device), Contents{"hello"});
  feed_.say(message);
  EXPECT_EQ(told(*device), Contents{});
}

TEST_F(GatewayNeighbours, tells_nothing_behind_the_backlog_that_the_backlog_left_out) {
  const chat::Message old = house_.send(ann_, bob_, "had on another connection");
  house_.read(bob_, old);
  house_.send(ann_, bob_, "new");
  const auto device = house_.device(bob_);
  EXPECT_EQ(told(*device), Contents{"new"});
  feed_.say(old);
  EXPECT_EQ(told(*device), Contents{}) << "a node repeats it, which has not heard of it";
}

TEST_F(GatewayNeighbours, tells_of_delivery_at_once_where_there_is_no_load) {
  const auto device = house_.device(ann_);
  feed_.say_delivered(house_.send(ann_, bob_, "hello"), 0);
  EXPECT_EQ(told(*device), Contents{"message_delivered"});
}

TEST_F(GatewayNeighbours, lets_receipts_leave_with_the_next_event_under_load) {
  const auto device = house_.device(ann_);
  const chat::Message first = house_.send(ann_, bob_, "first"),
                      next = house_.send(ann_, bob_, "next");
  feed_.say_delivered(first, Delivery::busy_batch);
  EXPECT_EQ(told(*device), Contents{});
  feed_.say(next);
  EXPECT_EQ(told(*device), (Contents{"message_delivered", "next"}));
  device->run_after(LateReceipts::patience);
  EXPECT_EQ(told(*device), Contents{}) << "told twice";
}

TEST_F(GatewayNeighbours, lets_receipts_wait_no_longer_than_their_patience) {
  const auto device = house_.device(ann_);
  feed_.say_delivered(house_.send(ann_, bob_, "hello"), Delivery::busy_batch);
  EXPECT_EQ(told(*device), Contents{});
  device->run_after(LateReceipts::patience);
  EXPECT_EQ(told(*device), Contents{"message_delivered"});
}

TEST_F(GatewayNeighbours, lets_a_device_that_confirms_hear_of_delivery_before_what_came_later) {
  const auto device = house_.device(ann_, 0, true);
  feed_.say_delivered(house_.send(ann_, bob_, "question"), Delivery::busy_batch);
  feed_.say(house_.send(bob_, ann_, "answer"));
  EXPECT_EQ(told(*device), (Contents{"message_delivered", "answer"}));
}

TEST(LateReceipts, wait_longer_where_messages_take_long) {
  net::Shard shard{0};
  LateReceipts receipts{shard};
  EXPECT_EQ(receipts.longest_wait(), LateReceipts::patience);
  receipts.observe(20ms);
  EXPECT_EQ(receipts.longest_wait(), 40ms);
  receipts.observe(1ms);
  EXPECT_EQ(receipts.longest_wait(), LateReceipts::patience);
  receipts.observe(10s);
  EXPECT_EQ(receipts.longest_wait(), LateReceipts::most_patience);
}

TEST_F(GatewayNeighbours, catches_devices_up_after_a_gap) {
  const auto device = house_.device(bob_, 1), other = house_.device(bob_, 0);
  const auto anns = house_.device(ann_, 0);
  const chat::Message heard = house_.send(ann_, bob_, "heard");
  feed_.say(heard);
  EXPECT_EQ(told(*device), Contents{"heard"});
  EXPECT_EQ(told(*other), Contents{"heard"});
  EXPECT_EQ(told(*anns), Contents{"heard"});
  house_.send(ann_, bob_, "lost");
  EXPECT_EQ(told(*device), Contents{});
  feed_.lose_some(0);
  EXPECT_EQ(told(*device), Contents{"lost"});
  EXPECT_EQ(told(*other), Contents{"lost"}) << "although one device had it before";
  EXPECT_EQ(told(*anns), Contents{"lost"});
  feed_.say(house_.send(ann_, bob_, "heard again"));
  EXPECT_EQ(told(*device), Contents{"heard again"});
}

TEST_F(GatewayNeighbours, does_not_tell_a_new_device_of_what_others_had_before_it_came) {
  const chat::Message old = house_.send(ann_, bob_, "old");
  house_.read(bob_, old);
  const chat::Message read = house_.stored(old, ann_);
  house_.messaging.set_clock([] { return wall_now() + 1s; });
  const auto bobs = house_.device(bob_, 1), anns = house_.device(ann_, 1);
  (void)told(*bobs);
  (void)told(*anns);
  feed_.say(read);
  feed_.lose_some(0);
  EXPECT_EQ(told(*bobs), Contents{});
  EXPECT_EQ(told(*anns), Contents{});
}

TEST_F(GatewayNeighbours, tells_no_device_again_what_it_has_had_long_ago) {
  const auto laptop = house_.device(ann_, 0);
  const chat::Message old = house_.send(ann_, bob_, "old");
  feed_.say(old);
  EXPECT_EQ(told(*laptop), Contents{"old"});
  house_.messaging.set_clock([] { return wall_now() + 6min; });
  for (std::size_t i = 0; i < Told::small; ++i) feed_.say(house_.send(bob_, ann_, "other"));
  EXPECT_EQ(told(*laptop), Contents(Told::small, "other"));
  feed_.say(old);
  house_.settle();
  laptop->run();
  EXPECT_EQ(laptop->take_events().size(), 0u) << "somebody sent it again";
}

TEST_F(GatewayNeighbours, tells_its_receiver_of_an_old_message_that_nobody_told_of) {
  const auto bobs = house_.device(bob_, 1);
  const chat::NewMessage draft{ann_.id, bob_.id, "old", "c", wall_now()};
  const chat::Message old =
      chat::fakes::run(house_.shards[0].context(), house_.messaging.send(draft))->message;
  house_.messaging.set_clock([] { return wall_now() + 6min; });
  const auto phone = house_.device(ann_, 0);
  EXPECT_EQ(told(*bobs), Contents{"user_online"});
  const std::string again =
      R"([{"receiverId":")" + bob_.id.hex() + R"(","content":"old","clientId":"c"}])";
  const auto answer = phone->emit_with_ack("send_message", {again, {}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(only_object(answer->json).at("message").at("_id").as_string(), old.id.hex());
  feed_.say(old);
  EXPECT_EQ(told(*phone), Contents{"message_sent"});
  EXPECT_EQ(told(*bobs), Contents{"old"});
}

TEST_F(GatewayNeighbours, means_by_now_what_the_other_nodes_mean) {
  const auto shared = [] { return wall_now() - 1h; };
  house_.messaging.set_clock(shared);
  const auto anns = house_.device(ann_, 0), bobs = house_.device(bob_, 1);
  const std::string draft = R"([{"receiverId":")" + bob_.id.hex() + R"(","content":"hello"}])";
  const auto answer = anns->emit_with_ack("send_message", {draft, {}});
  ASSERT_TRUE(answer);
  const auto sent = only_object(answer->json).at("message").as_object();
  const auto time = [&](const char* name) {
    return from_iso8601(std::string(sent.at(name).as_string())).value_or(Time::max());
  };
  EXPECT_LE(time("createdAt"), shared());

  chat::Message message;
  message.id = chat::MessageId{*object_id_from_hex(std::string(sent.at("_id").as_string()))};
  message.conversation_id =
      chat::ConversationId{*object_id_from_hex(std::string(sent.at("conversationId").as_string()))};
  message.sender = ann_.id;
  message.receiver = bob_.id;
  message.seq = 1;
  message.content = "hello";
  message.created_at = time("createdAt");
  (void)told(*anns);
  feed_.say(message);
  EXPECT_EQ(told(*anns), Contents{"hello"}) << "it came before the message, by that clock";
  EXPECT_EQ(told(*bobs), Contents{"hello"});
  bobs->emit("message_read", {R"([{"messageId":")" + message.id.hex() + R"("}])", {}});
  house_.settle();
  EXPECT_LE(house_.stored(message, ann_).read_at.value_or(Time::max()), shared());
}

TEST_F(GatewayNeighbours, tells_of_a_receipt_that_was_missed) {
  const auto anns = house_.device(ann_, 0);
  const chat::Message message = house_.send(ann_, bob_, "read me");
  feed_.say(message);
  EXPECT_EQ(told(*anns), Contents{"read me"});
  house_.read(bob_, message);
  feed_.lose_some(message.version - 1);
  EXPECT_EQ(told(*anns), Contents{"message_read"});
}

TEST_F(GatewayNeighbours, tells_of_a_receipt_that_was_missed_of_a_message_from_long_before) {
  const chat::Message message = house_.send(ann_, bob_, "read me");
  const auto anns = house_.device(ann_, 0);
  house_.read(bob_, message);
  feed_.lose_some(message.version);
  EXPECT_EQ(told(*anns), Contents{"message_read"});
}

TEST(GatewayAfterGap, does_not_tell_of_delivery_behind_a_message_that_is_read) {
  ScriptedFeed feed;
  SlowReader messages;
  TestHouse house{{&feed, &messages}, Neighbours{room, [](chat::UserId, auto) {}}};
  messages.inner = &house.stores.messages;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto device = house.device(ann);
  house.read(bob, house.send(ann, bob, "read by now"));
  feed.lose_some(0);
  house.settle();
  device->run();
  Contents names;
  for (const auto& event : device->take_events()) names.push_back(event.name);
  EXPECT_EQ(names, (Contents{"receive_message", "conversation_updated"}));
}

TEST_F(GatewayNeighbours, tells_of_delivery_before_the_reading_that_was_missed) {
  const auto anns = house_.device(ann_, 0);
  const chat::Message message = house_.send(ann_, bob_, "read me");
  feed_.say(message);
  EXPECT_EQ(told(*anns), Contents{"read me"});
  feed_.say_delivered(message, Delivery::busy_batch);
  EXPECT_EQ(told(*anns), Contents{});
  house_.read(bob_, message);
  feed_.lose_some(message.version - 1);
  EXPECT_EQ(told(*anns), (Contents{"message_delivered", "message_read"}));
}

TEST_F(GatewayNeighbours, holds_what_comes_while_it_catches_up) {
  const auto device = house_.device(bob_);
  const chat::Message lost = house_.send(ann_, bob_, "lost");
  const chat::Message next = house_.send(ann_, bob_, "next");
  feed_.lose_some(0);
  feed_.say(next);
  EXPECT_EQ(told(*device), (Contents{"lost", "next"}));
}

TEST_F(GatewayNeighbours, does_not_tell_of_delivery_behind_the_reading_that_the_store_told_of) {
  const auto anns = house_.device(ann_);
  const chat::Message known = house_.send(ann_, bob_, "known"),
                      lost = house_.send(ann_, bob_, "lost");
  feed_.say(known);
  EXPECT_EQ(told(*anns), Contents{"known"});
  house_.read(bob_, lost);
  feed_.lose_some(known.version - 1);
  feed_.say_delivered(known, 0);
  feed_.say_delivered(lost, 0);
  EXPECT_EQ(told(*anns), (Contents{"lost", "message_read"}));
  const chat::Message next = house_.send(ann_, bob_, "next");
  feed_.say(next);
  feed_.say_delivered(next, 0);
  EXPECT_EQ(told(*anns), (Contents{"next", "message_delivered"}));
}

TEST_F(GatewayNeighbours, does_not_turn_a_conversation_back_after_a_gap) {
  const auto device = house_.device(bob_);
  const chat::Message lost = house_.send(ann_, bob_, "lost");
  house_.send(ann_, bob_, "last");
  feed_.lose_some(0);
  feed_.say(lost);
  house_.settle();
  device->run();
  std::vector<std::string> ends;
  for (const auto& event : device->take_events()) {
    if (event.name != "conversation_updated") continue;
    const auto news = only_object(event.args.json);
    ends.emplace_back(news.at("lastMessage").at("content").as_string());
  }
  EXPECT_EQ(ends, Contents{"last"});
}

TEST(GatewayAfterGap, does_not_take_back_the_status_that_the_store_told) {
  ScriptedFeed feed;
  LateSummaries messages;
  TestHouse house{{&feed, &messages}, Neighbours{room, [](chat::UserId, auto) {}}};
  messages.inner = &house.stores.messages;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto device = house.device(ann);
  const chat::Message sent = house.send(ann, bob, "read before its node told of it");
  house.read(bob, sent);
  feed.lose_some(0);
  house.settle();
  feed.say(sent);
  house.settle();
  device->run();
  std::vector<std::pair<std::string, std::string>> statuses;
  for (const auto& event : device->take_events()) {
    const auto news = only_object(event.args.json);
    if (event.name == "receive_message")
      statuses.emplace_back(event.name, news.at("status").as_string());
    if (event.name == "conversation_updated")
      statuses.emplace_back(event.name, news.at("lastMessage").at("status").as_string());
  }
  using Statuses = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(statuses, (Statuses{{"receive_message", "read"}, {"conversation_updated", "read"}}));
}

class SmallStoreAfterGap : public ::testing::Test {
 protected:
  SmallStoreAfterGap() { store_.inner = &house_.stores.messages; }

  ScriptedFeed feed_;
  SmallStore store_;
  TestHouse house_{{&feed_, &store_, nullptr, 1}, Neighbours{room, [](chat::UserId, auto) {}}};
  TestHouse::Person ann_ = house_.person("ann"), bob_ = house_.person("bob");
};

TEST_F(SmallStoreAfterGap, is_asked_for_a_few_devices_at_a_time) {
  std::vector<std::unique_ptr<socketio::TestClient>> devices;
  while (devices.size() < 2 * FewAtOnce<DevicePtr>::most) devices.push_back(house_.device(bob_));
  house_.send(ann_, bob_, "lost");
  feed_.lose_some(0);
  for (const auto& device : devices) {
    EXPECT_EQ(house_.told(*device), Contents{"lost"});
    EXPECT_FALSE(device->closed());
  }
}

TEST_F(SmallStoreAfterGap, is_asked_again_when_it_was_away) {
  const auto device = house_.device(bob_);
  house_.send(ann_, bob_, "lost");
  store_.is_away = true;
  feed_.lose_some(0);
  EXPECT_EQ(house_.told(*device), Contents{});
  device->run_after(store_pause);
  feed_.say(house_.send(ann_, bob_, "next"));
  EXPECT_EQ(house_.told(*device), Contents{}) << "before what it missed";
  store_.is_away = false;
  device->run_after(store_pause);
  EXPECT_EQ(house_.told(*device), (Contents{"lost", "next"}));
  EXPECT_FALSE(device->closed());
}

TEST_F(SmallStoreAfterGap, is_asked_again_for_the_backlog_when_it_was_away) {
  house_.send(ann_, bob_, "early");
  store_.is_away = true;
  const auto device = house_.device(bob_);
  EXPECT_EQ(house_.told(*device), Contents{});
  store_.is_away = false;
  device->run_after(store_pause);
  EXPECT_EQ(house_.told(*device), Contents{"early"});
  EXPECT_FALSE(device->closed());
}

TEST_F(SmallStoreAfterGap, is_asked_from_where_the_longer_one_of_two_gaps_began) {
  const auto device = house_.device(bob_);
  const chat::Message first = house_.send(ann_, bob_, "first"),
                      second = house_.send(ann_, bob_, "second");
  store_.is_patient = true;
  feed_.lose_some(second.version - 1);
  EXPECT_EQ(house_.told(*device), Contents{});
  feed_.lose_some(first.version - 1);
  EXPECT_EQ(house_.told(*device), Contents{});
  store_.let_all_go_on();
  EXPECT_EQ(house_.told(*device), Contents{"second"});
  device->session().drain();
  EXPECT_EQ(house_.told(*device), Contents{"first"}) << "late, rather than never";
}

TEST_F(SmallStoreAfterGap, is_asked_for_what_a_device_missed_while_it_got_its_backlog) {
  store_.is_patient = true;
  const auto device = house_.device(bob_);
  const chat::Message lost = house_.send(ann_, bob_, "lost");
  house_.read(bob_, lost);
  feed_.lose_some(lost.version - 1);
  EXPECT_EQ(house_.told(*device), Contents{});
  store_.let_all_go_on();
  EXPECT_EQ(house_.told(*device), Contents{"lost"});
}

TEST_F(GatewayNeighbours, follows_whoever_is_connected) {
  auto phone = house_.device(bob_, 0), laptop = house_.device(bob_, 1);
  EXPECT_EQ(feed_.followed[bob_.id], 2);
  phone->close();
  house_.settle();
  EXPECT_EQ(feed_.followed[bob_.id], 1);
  laptop->close();
  house_.settle();
  EXPECT_EQ(feed_.followed[bob_.id], 0);
}

TEST_F(GatewayNeighbours, speaks_to_people_through_their_rooms) {
  const auto device = house_.device(bob_, 1);
  house_.io.of("/").to(room(bob_.id)).emit("typing", {R"([{"userId":"x"}])", {}});
  EXPECT_EQ(told(*device), Contents{"typing"});
  house_.gateway.emit({bob_.id, ann_.id}, {"/", "user_online", {R"([{}])", {}}});
  EXPECT_EQ(told(*device), Contents{"user_online"});
}

TEST_F(GatewayNeighbours, asks_the_others_to_end_a_login) {
  const auto device = house_.device(bob_, 1);
  house_.gateway.close_here(ann_.id, std::nullopt);
  EXPECT_TRUE(closed_.empty());
  house_.gateway.close(bob_.id, std::nullopt);
  house_.settle();
  EXPECT_FALSE(device->is_connected());
  EXPECT_EQ(closed_, (std::vector<Closed>{{bob_.id, std::nullopt}}));
}

TEST_F(GatewayNeighbours, tells_of_a_user_whom_another_node_put_offline) {
  house_.send(ann_, bob_, "so that they share a conversation");
  const auto anns = house_.device(ann_, 0);
  const auto bobs = house_.device(bob_, 1);
  EXPECT_EQ(told(*anns), Contents{"user_online"});
  house_.gateway.presence_changed(bob_.id, false);
  EXPECT_EQ(told(*anns), Contents{}) << "he is here still: nothing new";
  house_.gateway.presence_changed(bob_.id, true);
  EXPECT_EQ(told(*anns), Contents{"user_online"}) << "others may have told the opposite";
}

}  // namespace

}  // namespace parley::api
