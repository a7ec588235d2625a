#include "redis/subscriber.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
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

  /// An account that may use the channel "open" alone; what is refused is asked for at each ping.
  static Config limited(RedisServer& server, std::chrono::milliseconds idle_ping = 20ms) {
    server.call({"ACL", "SETUSER", "someone", "on", ">secret", "+@all", "resetchannels", "&open"});
    Config config = server.config();
    config.user = "someone";
    config.password = "secret";
    config.idle_ping = idle_ping;
    return config;
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

TEST_F(SubscriberTest, hears_in_the_order_of_the_server) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, "a"));
  ASSERT_TRUE(subscribe(*subscriber, Kind::pattern, "b*"));
  Client client{rig.shard, server.config(), "test"};
  rig.until([&client] { return client.is_connected(); });
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string channel = i % 3 == 0 ? "a" : "b" + std::to_string(i);
    client.send({"PUBLISH", channel, std::to_string(i)});
    expected.push_back(channel + "=" + std::to_string(i));
  }
  hear(1000);
  EXPECT_EQ(heard, expected);
}

TEST_F(SubscriberTest, is_binary_safe) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  const std::string odd{"a\0\r\n\xff", 5};
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, odd));
  server.call({"PUBLISH", odd, odd});
  hear(1);
  EXPECT_EQ(heard[0], odd + "=" + odd);
}

TEST_F(SubscriberTest, has_one_handler_for_a_name) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, "a"));
  EXPECT_EQ(subscribe(*subscriber, Kind::channel, "a").error().code, Errc::conflict);
  EXPECT_TRUE(subscribe(*subscriber, Kind::pattern, "a")) << "another kind";
}

TEST_F(SubscriberTest, hears_no_more_after_unsubscribing) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, "a"));
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, "b"));
  subscriber->unsubscribe(Kind::channel, "a");
  subscriber->unsubscribe(Kind::pattern, "never subscribed");
  server.call({"PUBLISH", "a", "1"});
  server.call({"PUBLISH", "b", "2"});
  hear(1);
  EXPECT_EQ(heard, std::vector<std::string>{"b=2"});
  EXPECT_EQ(server.call({"PUBLISH", "a", "3"}), Reply{std::int64_t{0}});
}

TEST_F(SubscriberTest, may_unsubscribe_within_its_handler) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  const auto once = [this, &subscriber](std::string_view channel, std::string_view message) {
    subscriber->unsubscribe(Kind::channel, channel);
    heard.emplace_back(message);
  };
  ASSERT_TRUE(rig.wait(subscriber->subscribe(Kind::channel, "a", once)));
  server.call({"PUBLISH", "a", "1"});
  server.call({"PUBLISH", "a", "2"});
  hear(1);
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, "b"));
  EXPECT_EQ(heard, std::vector<std::string>{"1"});
}

TEST_F(SubscriberTest, confirms_the_last_of_several_changes_of_mind) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  for (int i = 0; i < 10; ++i) {
    subscriber->subscribe_soon(Kind::channel, "a", noting());
    subscriber->unsubscribe(Kind::channel, "a");
  }
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, "a"));
  EXPECT_EQ(server.call({"PUBLISH", "a", "1"}), Reply{std::int64_t{1}});
  hear(1);
  EXPECT_EQ(heard, std::vector<std::string>{"a=1"});
}

TEST_F(SubscriberTest, subscribes_everything_again_after_a_restart) {
  RedisServer server;
  const auto subscriber = connect(server.config());
  for (int i = 0; i < 300; ++i) {
    subscriber->subscribe_soon(Kind::channel, "channel:" + std::to_string(i), noting());
  }
  ASSERT_TRUE(subscribe(*subscriber, Kind::pattern, "user:*"));
  ASSERT_TRUE(subscribe(*subscriber, Kind::shard_channel, "room"));
  server.stop();
  rig.until([&subscriber] { return !subscriber->is_connected(); });
  EXPECT_NE(subscriber->last_error(), "");
  const auto later = subscribe(*subscriber, Kind::channel, "later");
  EXPECT_EQ(later.error().code, Errc::unavailable);
  subscriber->unsubscribe(Kind::channel, "channel:7");

  server.start_again();
  rig.until([&subscriber] { return subscriber->is_connected(); });
  EXPECT_EQ(states, (std::vector{true, false, true}));
  // The server counts: what on_state said is true.
  EXPECT_EQ(server.call({"PUBLISH", "channel:299", "1"}), Reply{std::int64_t{1}});
  EXPECT_EQ(server.call({"PUBLISH", "channel:7", "2"}), Reply{std::int64_t{0}});
  EXPECT_EQ(server.call({"PUBLISH", "user:1", "3"}), Reply{std::int64_t{1}});
  EXPECT_EQ(server.call({"SPUBLISH", "room", "4"}), Reply{std::int64_t{1}});
  EXPECT_EQ(server.call({"PUBLISH", "later", "5"}), Reply{std::int64_t{1}});
  hear(4);
  EXPECT_EQ(heard, (std::vector<std::string>{"channel:299=1", "user:1=3", "room=4", "later=5"}));
}

TEST_F(SubscriberTest, subscribes_before_it_is_connected) {
  RedisServer server;
  Subscriber subscriber{rig.shard, server.config(), "test"};
  subscriber.subscribe_soon(Kind::channel, "a", noting());
  rig.until([&subscriber] { return subscriber.is_connected(); });
  EXPECT_EQ(server.call({"PUBLISH", "a", "1"}), Reply{std::int64_t{1}});
}

TEST_F(SubscriberTest, says_when_a_confirmation_is_late_and_keeps_the_subscription) {
  RedisServer server;
  Config config = server.config();
  config.command_timeout = 300ms;
  const auto subscriber = connect(config);
  server.pause();
  const auto late = subscribe(*subscriber, Kind::channel, "a");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::unavailable);
  server.resume();
  rig.until([&subscriber] { return subscriber->is_connected(); });
  EXPECT_EQ(server.call({"PUBLISH", "a", "1"}), Reply{std::int64_t{1}});
}

TEST_F(SubscriberTest, notices_a_silent_server) {
  RedisServer server;
  Config config = server.config();
  config.command_timeout = 300ms;
  config.idle_ping = 20ms;
  const auto quiet = connect(config);
  const auto listening = connect(config);
  ASSERT_TRUE(subscribe(*listening, Kind::channel, "a"));
  // Both forms of PONG, several times.
  bool waited = false;
  rig.shard.spawn("test", [](bool& over) -> Task<void> {
    co_await net::sleep_for(200ms);
    over = true;
  }(waited));
  rig.until([&waited] { return waited; });
  EXPECT_TRUE(quiet->is_connected() && listening->is_connected());
  EXPECT_EQ(states, (std::vector{true, true}));
  server.pause();
  rig.until([&] { return !quiet->is_connected() && !listening->is_connected(); });
  server.resume();
  rig.until([&] { return quiet->is_connected() && listening->is_connected(); });
}

TEST_F(SubscriberTest, tells_what_the_server_refuses_and_asks_again) {
  RedisServer server;
  const Config config = limited(server);
  const auto subscriber = connect(config);
  ASSERT_TRUE(subscribe(*subscriber, Kind::channel, "open"));
  const auto refused = subscribe(*subscriber, Kind::channel, "hidden");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  EXPECT_TRUE(refused.error().detail.starts_with("NOPERM")) << refused.error().detail;
  EXPECT_TRUE(subscriber->is_connected());
  server.call({"ACL", "SETUSER", "someone", "&hidden"});
  rig.until([&server] {
    return server.call({"PUBLISH", "hidden", "1"}) == Reply{std::int64_t{1}};
  });
}

TEST_F(SubscriberTest, counts_what_is_refused_and_tells_what_was_missed_when_it_opens) {
  RedisServer server;
  const Config config = limited(server);
  Subscriber subscriber{rig.shard, config, "test"};
  std::vector<SteadyTime> opened;
  subscriber.on_opened([&opened](SteadyTime since) { opened.push_back(since); });
  subscriber.subscribe_soon(Kind::channel, "open", noting());
  const SteadyTime began = rig.shard.now();
  constexpr std::size_t many = 250;
  for (std::size_t i = 0; i < many; ++i)
    subscriber.subscribe_soon(Kind::channel, "hidden:" + std::to_string(i), noting());
  rig.until([&] { return subscriber.refusals().channels == many; });
  EXPECT_TRUE(subscriber.is_connected());
  EXPECT_TRUE(subscriber.refusals().reason.starts_with("NOPERM")) << subscriber.refusals().reason;
  EXPECT_EQ(subscriber.standing(Kind::channel, "open"), Standing::heard);
  EXPECT_EQ(subscriber.standing(Kind::channel, "hidden:7"), Standing::refused);
  EXPECT_EQ(subscriber.standing(Kind::pattern, "hidden:7"), Standing::unknown);

  subscriber.unsubscribe(Kind::channel, "hidden:7");
  EXPECT_EQ(subscriber.refusals().channels, many - 1);
  server.call({"CLIENT", "KILL", "TYPE", "pubsub"});
  rig.until([&] { return !subscriber.is_connected(); });
  rig.until([&] { return subscriber.is_connected(); });
  EXPECT_EQ(subscriber.refusals().channels, many - 1);
  EXPECT_TRUE(opened.empty());

  server.call({"ACL", "SETUSER", "someone", "&hidden:*"});
  rig.until([&] { return !opened.empty(); });
  EXPECT_EQ(subscriber.refusals().channels, 0U);
  EXPECT_EQ(subscriber.refusals().reason, "");
  EXPECT_EQ(subscriber.standing(Kind::channel, "hidden:249"), Standing::heard);
  ASSERT_EQ(opened.size(), 1U) << "once for all of them";
  EXPECT_GE(opened.front(), began);
  EXPECT_LT(opened.front(), began + 1s) << "since the first refusal, before the loss";
}

TEST_F(SubscriberTest, asks_for_a_few_of_the_refused_at_a_time) {
  RedisServer server;
  const Config config = limited(server, 2s);
  Subscriber subscriber{rig.shard, config, "test"};
  for (int i = 0; i < 1'000; ++i)
    subscriber.subscribe_soon(Kind::channel, "hidden:" + std::to_string(i), noting());
  rig.until([&] { return subscriber.refusals().channels == 1'000; });
  const auto asked = [&server] {
    const std::string text = *server.call({"INFO", "commandstats"}).text();
    const auto at = text.find("cmdstat_subscribe:");
    const auto rejected = text.find("rejected_calls=", at);
    return std::stoll(text.substr(rejected + 15));
  };
  const auto before = asked();
  EXPECT_EQ(before, 1'000);
  rig.until([&] { return asked() > before; });
  net::run_until(
      rig.shard, [] { return false; }, 50ms);
  EXPECT_EQ(asked(), before + 100);
}

TEST_F(SubscriberTest, is_ready_although_one_of_many_is_refused) {
  RedisServer server;
  const Config config = limited(server, 10s);
  Subscriber subscriber{rig.shard, config, "test"};
  subscriber.subscribe_soon(Kind::channel, "hidden", noting());
  subscriber.subscribe_soon(Kind::channel, "open", noting());
  rig.until([&subscriber] { return subscriber.is_connected(); });
  EXPECT_EQ(server.call({"PUBLISH", "open", "1"}), Reply{std::int64_t{1}});
}

TEST_F(SubscriberTest, tells_those_who_wait_when_it_closes) {
  RedisServer server;
  auto subscriber = connect(server.config());
  server.pause();
  std::optional<Errc> code;
  const auto wait = [](Subscriber& to, Subscriber::Handler handler,
                       std::optional<Errc>& failed) -> Task<void> {
    const auto done = co_await to.subscribe(Kind::channel, "a", std::move(handler));
    if (!done) failed = done.error().code;
  };
  rig.shard.spawn("test", wait(*subscriber, noting(), code));
  net::run_ready(rig.shard);
  subscriber.reset();
  rig.until([&code] { return code.has_value(); });
  EXPECT_EQ(code, Errc::closed);
}

TEST_F(SubscriberTest, may_go_within_a_handler_and_takes_all_handlers_along) {
  RedisServer server;
  auto subscriber = connect(server.config());
  const auto owned = std::make_shared<int>();
  const auto end = [&subscriber, owned](auto, auto) { subscriber.reset(); };
  ASSERT_TRUE(rig.wait(subscriber->subscribe(Kind::channel, "a", end)));
  ASSERT_TRUE(rig.wait(subscriber->subscribe(Kind::pattern, "a*", end)));
  server.call({"PUBLISH", "a", "1"});
  rig.until([&subscriber] { return subscriber == nullptr; });
  EXPECT_EQ(owned.use_count(), 2) << "ours, and that of `end`";
}

TEST_F(SubscriberTest, begins_anew_with_a_server_that_is_out_of_step) {
  const std::vector<std::string> wrongs{"*3\r\n$9\r\nsubscribe\r\n$5\r\nother\r\n:1\r\n",
                                        "*3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n",
                                        "*3\r\n:1\r\n:2\r\n:3\r\n",
                                        "*0\r\n",
                                        "+PONG\r\n",
                                        ":1\r\n",
                                        "*2\r\n$4\r\npong\r\n$0\r\n\r\n"};
  for (const std::string& wrong : wrongs) {
    std::atomic<int> connections{0};
    FakeServer server{[&](FakeServer::Peer& peer) {
      if (!peer.take_commands(1)) return;
      if (connections++ == 0) {
        peer.send(wrong);
      } else {
        peer.send("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
        peer.send("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n");
      }
      peer.stay_silent();
    }};
    heard.clear();
    Subscriber subscriber{rig.shard, server.config(), "test"};
    subscriber.subscribe_soon(Kind::channel, "a", noting());
    hear(1);
    EXPECT_EQ(heard, std::vector<std::string>{"a=hi"}) << wrong;
    EXPECT_EQ(connections, 2);
  }
}

}  // namespace
}  // namespace parley::redis
