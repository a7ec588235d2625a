// The gateway in front of a store that answers when the test lets it.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "api/test_house.hpp"
#include "api/test_ports.hpp"

namespace parley::api {

namespace {

class PatientGateway : public ::testing::Test {
 protected:
  PatientGateway() { store_.inner = &house_.stores.messages; }
  ~PatientGateway() override {
    store_.is_patient = false;
    while (store_.waiting() > 0) let_go_on();
  }

  void let_go_on() {
    store_.go_on();
    house_.settle();
  }
  /// Three calls, none of them waited for.
  static void sync_thrice(socketio::TestClient& device) {
    for (const char* call : {R"(21["sync",{}])", R"(22["sync",{}])", R"(23["sync",{}])"})
      device.send_text(call);
  }
  static chat::MessageAppended message(const TestHouse::Person& from, const TestHouse::Person& to,
                                       chat::Version version) {
    chat::Message message;
    message.sender = from.id;
    message.receiver = to.id;
    message.content = "number " + std::to_string(version);
    message.seq = message.version = version;
    message.created_at = wall_now();
    return {message, {{to.id, 1}, {from.id, 0}}};
  }

  PatientStore store_;
  ToldFeed feed_{0};
  TestHouse house_{{&feed_, &store_}, {}};
  TestHouse::Person ann_ = house_.person("ann"), bob_ = house_.person("bob"),
                    eve_ = house_.person("eve");
};

TEST_F(PatientGateway, answers_a_device_one_sync_after_another) {
  const auto phone = house_.device(ann_), laptop = house_.device(ann_);
  store_.is_patient = true;
  sync_thrice(*phone);
  EXPECT_EQ(store_.waiting(), 1u) << "each holds a page until it has been answered";
  sync_thrice(*laptop);
  EXPECT_EQ(store_.waiting(), 2u) << "another device does not wait for it";
  let_go_on();
  EXPECT_EQ(store_.waiting(), 2u);
  store_.is_patient = false;
  while (store_.waiting() > 0) let_go_on();
  EXPECT_TRUE(phone->emit_with_ack("sync", {"[{}]", {}})) << "none was left behind";
}

TEST_F(PatientGateway, bounds_the_calls_under_way_of_a_user_and_leaves_each_device_a_few) {
  const auto phone = house_.device(ann_), laptop = house_.device(ann_), eves = house_.device(eve_);
  const auto call = [](socketio::TestClient& device, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) device.send_text(R"(21["sync",{}])");
  };
  const auto is_refused = [](socketio::TestClient& device) {
    const auto answer = device.emit_with_ack("sync", {"[{}]", {}});
    return answer && answer->json.find("overloaded") != std::string::npos;
  };
  store_.is_patient = true;
  call(*phone, ShardGateway::max_calls - 1);
  EXPECT_FALSE(is_refused(*phone));
  EXPECT_TRUE(is_refused(*phone));
  call(*laptop, ShardGateway::few_calls - 1);
  EXPECT_FALSE(is_refused(*laptop)) << "whatever the phone does";
  EXPECT_TRUE(is_refused(*laptop));
  call(*eves, ShardGateway::few_calls);
  EXPECT_FALSE(is_refused(*eves)) << "another user does not wait for it";
}

TEST_F(PatientGateway, answers_few_syncs_at_once_and_lets_every_device_have_its_turn) {
  constexpr std::size_t most = FewAtOnce<DevicePtr>::most;
  std::vector<std::unique_ptr<socketio::TestClient>> anns;
  while (anns.size() < most) anns.push_back(house_.device(ann_));
  const auto eves = house_.device(eve_);
  store_.is_patient = true;
  for (const auto& device : anns) sync_thrice(*device);
  sync_thrice(*eves);
  EXPECT_EQ(store_.waiting(), most);
  EXPECT_EQ(store_.asked, std::vector(most, ann_.id));
  let_go_on();
  EXPECT_EQ(store_.waiting(), most);
  EXPECT_EQ(store_.asked.back(), eve_.id) << "before the second call of anybody";
}

TEST_F(PatientGateway, asks_for_the_backlog_of_a_user_once_at_a_time) {
  store_.is_patient = true;
  const auto phone = house_.device(ann_), laptop = house_.device(ann_), watch = house_.device(ann_);
  EXPECT_EQ(store_.waiting(), 1u);
  const auto eves = house_.device(eve_);
  EXPECT_EQ(store_.waiting(), 2u) << "another user does not wait for it";
  laptop->close();
  let_go_on();
  EXPECT_EQ(store_.waiting(), 2u) << "now for the watch, and never for who is gone";
  let_go_on();
  let_go_on();
  EXPECT_EQ(store_.waiting(), 0u);
}

TEST_F(PatientGateway, asks_for_the_backlog_of_few_at_once) {
  constexpr std::size_t most = FewAtOnce<DevicePtr>::most;
  std::vector<std::unique_ptr<socketio::TestClient>> all;
  store_.is_patient = true;
  while (all.size() < most + 2)
    all.push_back(house_.device(house_.person("many" + std::to_string(all.size()))));
  EXPECT_EQ(store_.waiting(), most);
}

TEST_F(PatientGateway, asks_nothing_more_for_a_device_that_is_gone) {
  const auto phone = house_.device(ann_);
  store_.is_patient = true;
  sync_thrice(*phone);
  ASSERT_EQ(store_.waiting(), 1u);
  phone->close();
  let_go_on();
  EXPECT_EQ(store_.waiting(), 0u);
}

TEST_F(PatientGateway, keeps_no_cursor_that_is_longer_than_ours) {
  const auto phone = house_.device(ann_);
  const std::string call = "[{\"since\":\"v1." + std::string(100'000, '0') + "\"}]";
  const auto answer = phone->emit_with_ack("sync", {call, {}});
  ASSERT_TRUE(answer);
  const auto refusal = only_object(answer->json);
  ASSERT_FALSE(refusal.at("ok").as_bool());
  EXPECT_EQ(refusal.at("error").as_object().at("code").as_string(), "bad_request");
}

TEST_F(PatientGateway, keeps_nothing_of_a_commit_but_what_a_device_is_to_hear) {
  store_.is_patient = true;
  const auto phone = house_.device(bob_);
  auto batch = std::make_shared<const chat::ChangeBatch>(
      chat::ChangeBatch{{message(ann_, bob_, 1), message(ann_, eve_, 2)}, 2});
  const std::weak_ptr<const chat::ChangeBatch> others{batch};
  feed_.publish(std::exchange(batch, nullptr));
  house_.settle();
  EXPECT_TRUE(others.expired()) << "a device that reads slowly holds other people's messages";
  let_go_on();
  phone->run();
  const auto told = phone->take("receive_message");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(only_object(told.front()).at("content").as_string(), "number 1");
}

TEST_F(PatientGateway, cuts_a_device_off_for_which_much_text_waits) {
  store_.is_patient = true;
  const auto phone = house_.device(bob_);
  chat::ChangeBatch batch;
  for (chat::Version version = 1; version <= 400; ++version) {
    auto change = message(ann_, bob_, version);
    change.message.content.assign(16'000, 'x');
    batch.changes.push_back(std::move(change));
  }
  batch.last_version = 400;
  feed_.publish(std::make_shared<const chat::ChangeBatch>(batch));
  house_.settle();
  EXPECT_TRUE(phone->closed()) << "it holds more than may wait for a device that is there";
}

}  // namespace

}  // namespace parley::api
