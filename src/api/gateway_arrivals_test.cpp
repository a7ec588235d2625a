// Devices that come to a node that has neighbours, while something happens to their users.
#include <gtest/gtest.h>

#include "api/test_house.hpp"
#include "api/test_ports.hpp"

namespace parley::api {

namespace {

using Contents = std::vector<std::string>;

class GatewayArrivals : public ::testing::Test {
 protected:
  GatewayArrivals() { store_.inner = &house_.stores.messages; }
  ~GatewayArrivals() override {
    feed_.is_patient = store_.is_patient = false;
    while (feed_.waiting() > 0) let_go_on(feed_);
    while (store_.waiting() > 0) let_go_on(store_);
  }

  void let_go_on(Turnstile& turnstile) {
    turnstile.go_on();
    house_.settle();
  }
  std::string refusal_of(socketio::TestClient& device) {
    device.run();
    const auto& error = device.connect_error();
    return error ? std::string(error->at("message").as_string()) : "none";
  }

  ScriptedFeed feed_;
  PatientStore store_;
  TestHouse house_{
      {&feed_, &store_},
      Neighbours{[](chat::UserId user) { return user.hex(); }, [](chat::UserId, auto) {}}};
  TestHouse::Person ann_ = house_.person("ann"), bob_ = house_.person("bob"),
                    eve_ = house_.person("eve");
};

TEST_F(GatewayArrivals, are_told_that_they_are_connected_when_others_are_heard) {
  feed_.is_patient = true;
  const auto device = house_.device(ann_);
  EXPECT_FALSE(device->is_connected());
  let_go_on(feed_);
  device->run();
  EXPECT_TRUE(device->is_connected());
  device->close();
  house_.settle();
  EXPECT_EQ(feed_.followed[ann_.id], 0);
}

TEST_F(GatewayArrivals, follow_nobody_when_they_went_before) {
  feed_.is_patient = true;
  const auto device = house_.device(ann_);
  device->close();
  let_go_on(feed_);
  EXPECT_EQ(feed_.followed[ann_.id], 0);
  EXPECT_TRUE(house_.gateway.is_idle());
}

TEST_F(GatewayArrivals, are_refused_when_their_login_ended_meanwhile) {
  feed_.is_patient = true;
  const auto device = house_.device(ann_);
  house_.gateway.close(ann_.id,
                       house_.sessions.authenticate(ann_.access_token, wall_now())->family);
  let_go_on(feed_);
  EXPECT_EQ(refusal_of(*device), "Auth failed");
  EXPECT_EQ(feed_.followed[ann_.id], 0);
}

TEST_F(GatewayArrivals, are_no_more_than_a_user_may_have_though_they_came_together) {
  std::vector<std::unique_ptr<socketio::TestClient>> devices;
  while (devices.size() + 1 < Devices::max_of_user) devices.push_back(house_.device(ann_));
  feed_.is_patient = true;
  const auto last = house_.device(ann_), one_more = house_.device(ann_);
  let_go_on(feed_);
  let_go_on(feed_);
  EXPECT_EQ(refusal_of(*last), "none");
  EXPECT_EQ(refusal_of(*one_more), "Too many devices");
}

TEST_F(GatewayArrivals, miss_nothing_that_another_device_was_faster_to_have) {
  const chat::Message old = house_.send(ann_, bob_, "had before");
  house_.read(bob_, old);
  feed_.before = house_.send(eve_, bob_, "waited").version;
  store_.is_patient = true;
  const auto device = house_.device(bob_);
  const chat::Message had = house_.send(ann_, bob_, "had meanwhile");
  const chat::Message next = house_.send(ann_, bob_, "next");
  feed_.say(had);
  house_.read(bob_, had);
  feed_.say(next);
  let_go_on(store_);
  EXPECT_EQ(house_.told(*device), Contents{"waited"})
      << "what came before the next one is not known yet";
  let_go_on(store_);
  EXPECT_EQ(house_.told(*device), (Contents{"had meanwhile", "next"}));
  feed_.say(had);
  EXPECT_EQ(house_.told(*device), Contents{}) << "told twice";
}

}  // namespace

}  // namespace parley::api
