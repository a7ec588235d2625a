#include "api/gateway.hpp"

#include <gtest/gtest.h>

#include <span>

#include "api/test_house.hpp"
#include "socketio/local_adapter.hpp"

namespace parley::api {

namespace {

using namespace std::chrono_literals;

socketio::Payload args(std::string json) { return {std::move(json), {}}; }

std::string message_to(const TestHouse::Person& receiver, const std::string& content,
                       const std::string& client_id = "") {
  json::object message{{"receiverId", receiver.id.hex()}, {"content", content}};
  if (!client_id.empty()) message["clientId"] = client_id;
  return json::serialize(json::array{message});
}

json::object answer_of(const std::optional<socketio::Payload>& answer) {
  return only_object(answer->json);
}

}  // namespace

TEST(Gateway, refuses_a_socket_without_a_good_token) {
  TestHouse house;
  socketio::TestClient nobody{house.io, house.shards};
  EXPECT_FALSE(nobody.connect("/", {}));
  EXPECT_EQ(nobody.connect_error()->at("message").as_string(), "Token missing");
  EXPECT_FALSE(nobody.connect("/", {{"token", "forged"}}));
  EXPECT_EQ(nobody.connect_error()->at("message").as_string(), "Auth failed");
}

TEST(Gateway, delivers_to_every_device_of_both_on_any_shard) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann, 0), laptop = house.device(ann, 1);
  const auto bobs = house.device(bob, 1), bobs_other = house.device(bob, 0);

  const auto answer =
      answer_of(phone->emit_with_ack("send_message", args(message_to(bob, "hello", "c-1"))));
  house.settle();

  EXPECT_TRUE(answer.at("ok").as_bool());
  EXPECT_EQ(answer.at("message").as_object().at("clientId").as_string(), "c-1");
  for (const auto* device : {&phone, &laptop, &bobs, &bobs_other}) {
    (*device)->run();
    const auto received = (*device)->take_events();
    std::vector<std::string> names;
    for (const auto& event : received) names.push_back(event.name);
    EXPECT_EQ(std::count(names.begin(), names.end(), "receive_message"), 1);
    EXPECT_EQ(std::count(names.begin(), names.end(), "conversation_updated"), 1);
    EXPECT_EQ(std::count(names.begin(), names.end(), "message_sent"), device == &phone ? 1 : 0);
    for (const auto& event : received) {
      const bool is_ann = device == &phone || device == &laptop;
      if (event.name == "receive_message") {
        EXPECT_EQ(only_object(event.args.json).contains("clientId"), is_ann);
      }
      if (event.name == "conversation_updated") {
        EXPECT_EQ(only_object(event.args.json).at("unreadCount").as_int64(), is_ann ? 0 : 1);
      }
    }
  }
}

TEST(Gateway, tells_the_sender_of_delivery_once_and_only_when_delivered) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann);
  const auto sent = house.send(ann, bob, "are you there?");
  phone->run();
  EXPECT_TRUE(phone->take("message_delivered").empty());
  EXPECT_EQ(house.stored(sent, ann).status(), chat::Status::sent);

  const auto bobs = house.device(bob, 1);
  const auto pushed = bobs->take("receive_message");
  ASSERT_EQ(pushed.size(), 1u);
  EXPECT_EQ(only_object(pushed[0]).at("_id").as_string(), sent.id.hex());
  bobs->session().drain();
  house.settle();
  phone->run();
  const auto told = phone->take("message_delivered");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(only_object(told[0]).at("messageId").as_string(), sent.id.hex());
  EXPECT_EQ(house.stored(sent, ann).status(), chat::Status::delivered);

  const auto second = house.device(bob, 0);
  EXPECT_TRUE(second->take("receive_message").empty());
}

TEST(Gateway, waits_for_the_confirmation_of_a_device_that_confirms) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann);
  const auto bobs = house.device(bob, 1, true);
  const auto sent = house.send(ann, bob, "hello");
  bobs->run();
  bobs->session().drain();
  house.settle();
  EXPECT_EQ(house.stored(sent, ann).status(), chat::Status::sent);

  for (const auto& event : bobs->take_events()) {
    if (event.name != "receive_message") continue;
    ASSERT_TRUE(event.ack_id);
    bobs->acknowledge(event);
  }
  house.settle();
  EXPECT_EQ(house.stored(sent, ann).status(), chat::Status::delivered);
}

TEST(Gateway, gives_the_backlog_before_what_is_live) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  for (int i = 0; i < 250; ++i) house.send(ann, bob, std::to_string(i));
  socketio::TestClient bobs{house.io, house.shards, 1};
  bobs.connect("/", {{"token", bob.access_token}});
  house.send(ann, bob, "live");
  std::vector<std::string> contents;
  for (int turn = 0; turn < 10; ++turn) {
    bobs.session().drain();
    house.settle();
    bobs.run();
    for (const auto& text : bobs.take("receive_message")) {
      contents.emplace_back(only_object(text).at("content").as_string());
    }
  }
  ASSERT_EQ(contents.size(), 251u);
  for (int i = 0; i < 250; ++i) EXPECT_EQ(contents[static_cast<std::size_t>(i)], std::to_string(i));
  EXPECT_EQ(contents.back(), "live");
}

TEST(Gateway, tells_of_reading_but_not_the_device_that_read) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann);
  const auto bobs = house.device(bob, 0), bobs_other = house.device(bob, 1);
  const auto sent = house.send(ann, bob, "hello");
  const auto answer = answer_of(
      bobs->emit_with_ack("message_read", args("[{\"messageId\":\"" + sent.id.hex() + "\"}]")));
  EXPECT_TRUE(answer.at("ok").as_bool());
  house.settle();
  for (const auto* client : {&phone, &bobs, &bobs_other}) (*client)->run();
  EXPECT_EQ(phone->take("message_read").size(), 1u);
  EXPECT_EQ(bobs_other->take("message_read").size(), 1u);
  EXPECT_TRUE(bobs->take("message_read").empty());
}

TEST(Gateway, lets_only_the_receiver_read) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob"), eve = house.person("eve");
  const auto sent = house.send(ann, bob, "hello");
  const std::string call = "[{\"messageId\":\"" + sent.id.hex() + "\"}]";
  const auto anns = house.device(ann), eves = house.device(eve);
  const auto own = answer_of(anns->emit_with_ack("message_read", args(call)));
  EXPECT_EQ(own.at("error").as_object().at("code").as_string(), "forbidden");
  const auto stranger = answer_of(eves->emit_with_ack("message_read", args(call)));
  EXPECT_EQ(stranger.at("error").as_object().at("code").as_string(), "not_found");
}

TEST(Gateway, answers_bad_calls_and_stays_open) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann);
  const std::vector<std::pair<std::string, std::string>> table{
      {"[]", "bad_request"},
      {"[5]", "bad_request"},
      {R"([{"receiverId":{"$gt":""},"content":"x"}])", "bad_request"},
      {R"([{"receiverId":"nobody","content":"x"}])", "bad_request"},
      {R"([{"receiverId":"0123456789abcdef01234567","content":"x"}])", "not_found"},
      {message_to(ann, "to myself"), "bad_request"},
      {message_to(bob, ""), "bad_request"},
      {message_to(bob, std::string(4097, 'x')), "bad_request"},
      {message_to(bob, "x", std::string(65, 'x')), "bad_request"},
  };
  for (const auto& [call, code] : table) {
    const auto answer = answer_of(phone->emit_with_ack("send_message", args(call)));
    EXPECT_FALSE(answer.at("ok").as_bool()) << call;
    EXPECT_EQ(answer.at("error").as_object().at("code").as_string(), code) << call;
  }
  phone->emit("send_message", args(message_to(bob, "", "c-9")));
  const auto errors = phone->take("message_error");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(only_object(errors[0]).at("clientId").as_string(), "c-9");
  EXPECT_TRUE(phone->is_connected());
}

TEST(Gateway, says_that_there_is_no_such_event) {
  TestHouse house;
  const auto phone = house.device(house.person("ann"));
  const auto said = [&](const std::string& name) {
    const auto answer = phone->emit_with_ack(name, args(R"([{"a":1}])"));
    return answer ? answer->json : "nothing";
  };
  const auto refusal = [](const std::string& name) {
    return R"([{"ok":false,"error":{"message":"There is no event )" + name +
           R"(","code":"not_supported"}}])";
  };
  EXPECT_EQ(said("send_mesage"), refusal("send_mesage"));
  EXPECT_EQ(said("receive_message"), refusal("receive_message")) << "that is the server's";
  EXPECT_EQ(said("a\n\x1b\u202e"), refusal("a?????"));
  EXPECT_EQ(said(std::string(1000, 'x')), refusal(std::string(64, 'x') + "..."));

  phone->emit("typng", args(R"([{"receiverId":"x"}])"));
  const auto errors = phone->take("message_error");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0],
            R"([{"error":{"message":"There is no event typng","code":"not_supported"}}])");
  EXPECT_TRUE(phone->is_connected());
}

TEST(Gateway, names_no_more_unknown_events_of_a_user_than_hands_can_mistype) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann), bobs = house.device(bob);
  const auto code_of = [&](socketio::TestClient& device) {
    const auto answer = answer_of(device.emit_with_ack("typng", args("[]")));
    return std::string{answer.at("error").as_object().at("code").as_string()};
  };
  for (int i = 0; i < ShardGateway::max_unknown; ++i)
    ASSERT_EQ(code_of(*phone), "not_supported") << i;
  std::size_t refused = 0;
  for (int i = 0; i < 500; ++i) refused += code_of(*phone) == "rate_limited";
  EXPECT_GT(refused, 0u) << "unless this took 25 seconds";
  EXPECT_EQ(code_of(*bobs), "not_supported");
}

TEST(Gateway, gives_the_first_message_back_for_the_same_client_id) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann), bobs = house.device(bob);
  const auto first =
      answer_of(phone->emit_with_ack("send_message", args(message_to(bob, "once", "c-1"))));
  const auto again =
      answer_of(phone->emit_with_ack("send_message", args(message_to(bob, "once", "c-1"))));
  EXPECT_EQ(first.at("message").as_object().at("_id"), again.at("message").as_object().at("_id"));
  house.settle();
  bobs->run();
  EXPECT_EQ(bobs->take("receive_message").size(), 1u);
}

TEST(Gateway, takes_no_more_messages_of_a_user_than_the_limit) {
  TestHouse house{{.shards = 1, .rate_limit_send = 60}, {}};
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann), laptop = house.device(ann), bobs = house.device(bob);
  const auto is_taken = [&](socketio::TestClient& device) {
    return answer_of(device.emit_with_ack("send_message", args(message_to(bob, "hi"))))
        .at("ok")
        .as_bool();
  };
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(is_taken(*phone));
    EXPECT_TRUE(is_taken(*laptop));
  }
  EXPECT_FALSE(is_taken(*laptop));
  const auto refused = answer_of(phone->emit_with_ack("send_message", args(message_to(bob, "x"))));
  EXPECT_EQ(refused.at("error").as_object().at("code").as_string(), "rate_limited");
  EXPECT_TRUE(answer_of(bobs->emit_with_ack("send_message", args(message_to(ann, "me too"))))
                  .at("ok")
                  .as_bool());
}

TEST(Gateway, passes_typing_on_and_ends_it_after_silence) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann, 0), bobs = house.device(bob, 1);
  phone->emit("typing", args("[{\"receiverId\":\"" + bob.id.hex() + "\"}]"));
  house.settle();
  bobs->run();
  ASSERT_EQ(bobs->take("typing").size(), 1u);
  phone->run_after(5900ms);
  bobs->run();
  EXPECT_TRUE(bobs->take("stop_typing").empty());
  phone->run_after(6100ms);
  bobs->run();
  EXPECT_EQ(bobs->take("stop_typing").size(), 1u);
}

TEST(Gateway, passes_on_no_more_typing_than_hands_can_do) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann, 0), bobs = house.device(bob, 1);
  const std::string call = "[{\"receiverId\":\"" + bob.id.hex() + "\"}]";
  std::size_t refused = 0;
  for (int i = 0; i < 500; ++i) {
    const auto answer =
        answer_of(phone->emit_with_ack(i % 2 == 0 ? "typing" : "stop_typing", args(call)));
    if (answer.at("ok").as_bool()) continue;
    ++refused;
    EXPECT_EQ(answer.at("error").as_object().at("code").as_string(), "rate_limited");
  }
  EXPECT_GT(refused, 0u) << "unless this took 25 seconds";
  bobs->run();
  const std::size_t told = bobs->take_events().size();
  EXPECT_EQ(told, 500 - refused);
  EXPECT_GE(told, ShardGateway::max_typing);
}

TEST(Gateway, refuses_one_more_device_of_a_user_who_has_too_many) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  std::vector<std::unique_ptr<socketio::TestClient>> devices;
  for (std::size_t i = 0; i < Devices::max_of_user; ++i) devices.push_back(house.device(ann));
  EXPECT_TRUE(devices.back()->is_connected());
  const auto refused = house.device(ann);
  ASSERT_TRUE(refused->connect_error());
  EXPECT_EQ(refused->connect_error()->at("message").as_string(), "Too many devices");
  EXPECT_TRUE(house.device(bob)->is_connected());
  devices.pop_back();
  house.settle();
  EXPECT_TRUE(house.device(ann)->is_connected());
}

TEST(Gateway, tells_those_who_share_a_conversation_of_presence_once_a_user) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob"), eve = house.person("eve");
  house.send(ann, bob, "hello");
  const auto bobs = house.device(bob, 1), eves = house.device(eve, 0);
  bobs->take_events();
  auto phone = house.device(ann, 0);
  auto laptop = house.device(ann, 1);
  bobs->run();
  eves->run();
  EXPECT_EQ(bobs->take("user_online").size(), 1u);
  EXPECT_TRUE(eves->take("user_online").empty());
  phone->close();
  house.settle();
  bobs->run();
  EXPECT_TRUE(bobs->take("user_offline").empty());
  laptop->close();
  house.settle();
  bobs->run();
  const auto offline = bobs->take("user_offline");
  ASSERT_EQ(offline.size(), 1u);
  EXPECT_TRUE(only_object(offline[0]).at("lastSeen").is_int64());
}

TEST(Gateway, says_when_somebody_left_by_the_clock_of_the_messages) {
  TestHouse house;
  const Time shared = from_unix_ms(2'000'000'000'000);
  house.messaging.set_clock([shared] { return shared; });
  const auto ann = house.person("ann"), bob = house.person("bob");
  house.send(ann, bob, "we know each other");
  auto bobs = house.device(bob, 1);
  house.device(ann, 0)->close();
  house.settle();
  bobs->run();
  const auto offline = bobs->take("user_offline");
  ASSERT_EQ(offline.size(), 1u);
  EXPECT_EQ(only_object(offline[0]).at("lastSeen"), to_unix_ms(shared));
}

TEST(Gateway, syncs_what_was_missed) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann);
  const auto start = answer_of(phone->emit_with_ack("sync", args("[{}]")));
  house.send(bob, ann, "one");
  house.send(bob, ann, "two");
  const std::string since = "[{\"since\":\"" + std::string(start.at("cursor").as_string()) + "\"}]";
  const auto missed = answer_of(phone->emit_with_ack("sync", args(since)));
  EXPECT_EQ(missed.at("messages").as_array().size(), 2u);
  ASSERT_EQ(missed.at("conversations").as_array().size(), 1u);
  const auto& conversation = missed.at("conversations").as_array()[0].as_object();
  EXPECT_EQ(conversation.at("unreadCount").as_int64(), 2);
  EXPECT_EQ(conversation.at("participants").as_array()[0].as_object().at("username").as_string(),
            "bob");
  EXPECT_FALSE(missed.at("hasMore").as_bool());
  const auto bad = answer_of(phone->emit_with_ack("sync", args(R"([{"since":"not a cursor!"}])")));
  EXPECT_EQ(bad.at("error").as_object().at("code").as_string(), "bad_request");
}

TEST(Gateway, syncs_what_happened_in_more_conversations_than_people_one_may_ask_for) {
  TestHouse house;
  const auto ann = house.person("ann");
  std::vector<std::pair<TestHouse::Person, chat::Message>> others;
  for (std::size_t i = 0; i <= chat::Limits{}.status_ids_max; ++i) {
    const auto other = house.person("other" + std::to_string(i));
    others.emplace_back(other, house.send(ann, other, "hello"));
  }
  const auto phone = house.device(ann);
  auto last = answer_of(phone->emit_with_ack("sync", args("[{}]")));
  const auto since = [&] {
    return "[{\"limit\":500,\"since\":\"" + std::string(last.at("cursor").as_string()) + "\"}]";
  };
  while (last.at("hasMore").as_bool())
    last = answer_of(phone->emit_with_ack("sync", args(since())));
  for (const auto& [other, message] : std::span(others).first(500)) house.read(other, message);
  house.send(others.back().first, ann, "hello");
  const auto missed = answer_of(phone->emit_with_ack("sync", args(since())));
  ASSERT_TRUE(missed.at("ok").as_bool()) << json::serialize(missed);
  EXPECT_EQ(missed.at("receipts").as_array().size(), 500u);
  EXPECT_EQ(missed.at("conversations").as_array().size(), others.size());
}

Task<void> settle(Gateway* gateway, bool* is_settled) {
  co_await gateway->settle();
  *is_settled = true;
}

TEST(Gateway, has_closed_sockets_on_every_shard_when_it_is_settled) {
  TestHouse house;
  const auto ann = house.person("ann");
  const auto phone = house.device(ann, 0), laptop = house.device(ann, 1);
  bool is_settled = false;
  house.gateway.close(ann.id, std::nullopt);
  house.shards[0].spawn("settle", settle(&house.gateway, &is_settled));
  for (int turn = 0; !is_settled && turn < 1'000; ++turn) {
    net::Shard& shard = house.shards[static_cast<std::size_t>(turn % 2)];
    const net::ShardScope scope(shard);
    shard.context().restart();
    shard.context().poll_one();
  }
  ASSERT_TRUE(is_settled);
  EXPECT_TRUE(phone->closed());
  EXPECT_TRUE(laptop->closed());
}

TEST(Gateway, closes_the_sockets_of_a_login_that_ended) {
  TestHouse house;
  const auto ann = house.person("ann");
  const auto phone = house.device(ann);
  house.gateway.close(ann.id, chat::FamilyId{});
  house.settle();
  EXPECT_FALSE(phone->closed());
  house.gateway.close(ann.id, std::nullopt);
  house.settle();
  EXPECT_TRUE(phone->closed());
}

TEST(Gateway, lets_somebody_stay_whose_token_is_good_for_ever) {
  TestHouse house;
  auto ann = house.person("ann");
  const Time end{std::chrono::seconds{253'402'300'799}};
  ann.access_token =
      house.signer.sign(chat::TokenUse::access, {ann.id, std::nullopt, {}, wall_now(), end});
  const auto phone = house.device(ann);
  phone->run_after(1h);
  EXPECT_FALSE(phone->closed());
}

TEST(Gateway, keeps_nothing_of_what_a_device_was_let_in_with) {
  TestHouse house;
  const auto phone = house.device(house.person("ann"));
  ASSERT_TRUE(phone->is_connected());
  const auto socket = house.io.of("/").local(0).find(phone->sid());
  EXPECT_TRUE(socket->handshake().auth.empty());
}

TEST(Gateway, ends_a_connection_with_its_token_unless_a_fresh_one_came) {
  TestHouse house;
  const auto ann = house.person("ann"), bob = house.person("bob");
  const auto phone = house.device(ann), laptop = house.device(ann, 1);
  laptop->run_after(14min);
  EXPECT_FALSE(laptop->closed());
  const auto wrong = answer_of(
      laptop->emit_with_ack("auth_refresh", args("[{\"token\":\"" + bob.access_token + "\"}]")));
  EXPECT_EQ(wrong.at("error").as_object().at("code").as_string(), "forbidden");
  phone->run_after(16min);
  EXPECT_TRUE(phone->closed());
}

}  // namespace parley::api
