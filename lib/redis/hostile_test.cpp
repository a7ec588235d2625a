// A client against servers that answer anything: it fails its calls, closes, and tries again.
#include <gtest/gtest.h>

#include <atomic>

#include "redis/test_rig.hpp"

namespace parley::redis {
namespace {

using namespace std::chrono_literals;
using testing::FakeServer;
using Peer = FakeServer::Peer;

class HostileServerTest : public ::testing::Test {
 protected:
  /// What a call gives when the server does that with it; all later connections are sound.
  Result<Reply> call(FakeServer::Script first, Config limits = {}) {
    auto connections = std::make_shared<std::atomic<int>>(0);
    FakeServer server{[connections, first = std::move(first)](Peer& peer) {
      if ((*connections)++ == 0) return first(peer);
      while (peer.take_commands(1)) peer.send("+sound\r\n");
    }};
    Config config = server.config();
    config.max_reply = limits.max_reply;
    config.command_timeout = limits.command_timeout;
    Client client{rig.shard, config, "test"};
    rig.until([&client] { return client.is_connected(); });
    auto result = rig.wait(client.call({"GET", "key"}));
    if (!result) {
      rig.until([&client] { return client.counts().connects == 2; });
      EXPECT_EQ(*rig.wait(client.call({"GET", "key"})), Reply{"sound"});
    }
    return result;
  }

  Errc error(FakeServer::Script first, Config limits = {}) {
    const auto result = call(std::move(first), limits);
    EXPECT_FALSE(result);
    return result ? Errc::internal : result.error().code;
  }

  static FakeServer::Script answer(std::string bytes) {
    return [bytes](Peer& peer) {
      peer.take_commands(1);
      peer.send(bytes);
      peer.stay_silent();
    };
  }

  Rig rig;
};

TEST_F(HostileServerTest, half_replies_are_put_together) {
  const auto reply = call([](Peer& peer) {
    peer.take_commands(1);
    const std::string whole = "*2\r\n$5\r\nhello\r\n:12\r\n";
    for (const char byte : whole) peer.send({&byte, 1});
    peer.stay_silent();
  });
  ASSERT_TRUE(reply);
  EXPECT_EQ(*reply, (Reply{Reply::Array{{"hello"}, {std::int64_t{12}}}}));
}

TEST_F(HostileServerTest, what_is_not_resp_is_corrupt) {
  EXPECT_EQ(error(answer("HTTP/1.1 400 Bad Request\r\n\r\n")), Errc::corrupt);
  EXPECT_EQ(error(answer("$-7\r\n")), Errc::corrupt);
  EXPECT_EQ(error(answer("*2147483647\r\n")), Errc::corrupt);
  EXPECT_EQ(error(answer(std::string(100, '*'))), Errc::unavailable) << "still waited for";
}

TEST_F(HostileServerTest, an_endless_reply_ends_the_connection) {
  Config limits;
  limits.max_reply = 1 << 20;
  std::atomic<std::size_t> sent{0};
  const auto flood = [&sent](std::string head, std::string body) {
    return [&sent, head, body](Peer& peer) {
      peer.take_commands(1);
      sent = 0;
      if (!peer.send(head)) return;
      while (peer.send(body)) sent += body.size();
    };
  };
  const std::string text(64 << 10, 'x');
  EXPECT_EQ(error(flood("$9223372036854775000\r\n", text), limits), Errc::corrupt);
  EXPECT_EQ(error(flood("+", text), limits), Errc::corrupt);
  std::string numbers;
  for (int i = 0; i < 1000; ++i) numbers += "*1\r\n:1\r\n";
  EXPECT_EQ(error(flood("*20000\r\n", numbers), limits), Errc::corrupt);
  // What the kernel's buffers hold, and not much more.
  EXPECT_LT(sent, 64U << 20);
}

TEST_F(HostileServerTest, many_replies_of_one_call_share_the_limit) {
  FakeServer server{[](Peer& peer) {
    const std::string large = "$100000\r\n" + std::string(100'000, 'x') + "\r\n";
    while (peer.take_commands(1)) peer.send(large);
  }};
  Config config = server.config();
  config.max_reply = 1 << 20;
  Client client{rig.shard, config, "test"};
  rig.until([&client] { return client.is_connected(); });
  std::vector<Command> few(9, Command{"GET", "key"}), many(20, Command{"GET", "key"});
  EXPECT_TRUE(rig.wait(client.call_all(few)));
  const auto refused = rig.wait(client.call_all(many));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::corrupt);
}

TEST_F(HostileServerTest, silence_is_unavailable) {
  Config limits;
  limits.command_timeout = 300ms;
  EXPECT_EQ(error([](Peer& peer) { peer.stay_silent(); }, limits), Errc::unavailable);
}

TEST_F(HostileServerTest, drops_of_a_reply_do_not_stretch_the_deadline) {
  Config limits;
  limits.command_timeout = 300ms;
  const auto drip = [](Peer& peer) {
    peer.send("$1000000\r\n");
    while (peer.send("x")) std::this_thread::sleep_for(1ms);
  };
  EXPECT_EQ(error(drip, limits), Errc::unavailable);
}

TEST_F(HostileServerTest, a_close_before_the_reply_is_unavailable) {
  EXPECT_EQ(error([](Peer& peer) { peer.take_commands(1); }), Errc::unavailable);
  EXPECT_EQ(error([](Peer& peer) {
              peer.take_commands(1);
              peer.send("$100\r\nhalf");
            }),
            Errc::unavailable);
}

TEST_F(HostileServerTest, a_reply_that_nobody_asked_for_ends_the_connection) {
  std::atomic<int> connections{0};
  FakeServer server{[&connections](Peer& peer) {
    if (connections++ == 0) peer.send("+OK\r\n");
    peer.stay_silent();
  }};
  Client client{rig.shard, server.config(), "test"};
  rig.until([&client] { return client.counts().connects == 2; });
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HostileServerTest, a_handshake_without_end_is_given_up) {
  // The password makes one command more than the server answers.
  FakeServer mute{[](Peer& peer) { peer.stay_silent(); }};
  Config config = mute.config();
  config.password = "secret";
  config.connect_timeout = 50ms;
  Client client{rig.shard, config, "test"};
  rig.until([&client] { return client.last_error() == "no connection in time"; });
  rig.until([&mute] { return mute.connections() > 1; });
  EXPECT_FALSE(client.is_connected());
}

TEST_F(HostileServerTest, is_not_asked_more_often_than_the_backoff_allows) {
  FakeServer server{[](Peer&) {}};
  Config config = server.config();
  config.backoff_min = config.backoff_max = 10s;
  Client client{rig.shard, config, "test"};
  rig.until([&client] { return client.counts().connects == 1 && !client.is_connected(); });
  bool waited = false;
  rig.shard.spawn("test", [](bool& over) -> Task<void> {
    co_await net::sleep_for(100ms);
    over = true;
  }(waited));
  rig.until([&waited] { return waited; });
  EXPECT_EQ(server.connections(), 1U);
}

}  // namespace
}  // namespace parley::redis
