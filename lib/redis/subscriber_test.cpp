#include "redis/subscriber.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "redis/test_rig.hpp"

namespace parley::redis {
namespace {

using namespace std::chrono_literals;
using testing::FakeServer;
using testing::RedisServer;

class SubscriberTest : public ::testing::Test {
 protected:
  std::unique_ptr<Subscriber> connect(Config config) {
    auto subscriber = std::make_unique<Subscriber>(rig.shard, std::move(config), "test");
    subscriber->on_state([this](bool up) { states.push_back(up); });
    rig.until([&subscriber] { return subscriber->is_connected(); });
    return subscriber;
  }

  /// Writes what comes as "channel=message".
  Subscriber::Handler noting() {
    return [this](std::string_view channel, std::string_view message) {
      heard.push_back(std::string{channel}.append("=").append(message));
    };
  }

  Result<Done> subscribe(Subscriber& subscriber, Kind kind, std::string name) {
    return rig.wait(subscriber.subscribe(kind, std::move(name), noting()));
  }

  void hear(std::size_t count) {
    rig.until([this, count] { return heard.size() >= count; });
  }

  Rig rig;
  std::vector<std::string> heard;
  std::vector<bool> states;
};

TEST_F(SubscriberTest, hears_channels_patterns_and_shard_channels) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  EXPECT_TRUE(subscribe(*subscriber, Kind::channel, "news"));
  EXPECT_TRUE(subscribe(*subscriber, Kind::pattern, "user:*"));
  EXPECT_TRUE(subscribe(*subscriber, Kind::shard_channel, "room"));
  EXPECT_EQ(server.call({"PUBLISH", "news", "one"}), Reply{std::int64_t{1}});
  server.call({"PUBLISH", "user:7", "two"});
  server.call({"SPUBLISH", "room", "three"});
  server.call({"PUBLISH", "room", "nobody"});
  hear(3);
  EXPECT_EQ(heard, (std::vector<std::string>{"news=one", "user:7=two", "room=three"}));
}

}  // namespace
}  // namespace parley::redis
