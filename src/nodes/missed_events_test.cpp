// Nodes whose connections for Socket.IO events are lost, over a real Redis.
#include "nodes/missed_events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "net/testing.hpp"
#include "redis/testing.hpp"

namespace parley::nodes {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<SteadyTime>;

constexpr auto unnoticed = 10min;
const SteadyTime began = SteadyTime::clock::now();

struct Node {
  Node(net::Shard& shard, const redis::Config& config, std::chrono::milliseconds pause = 1ms)
      : client(shard, config, "events"),
        subscriber(shard, config, "events"),
        missed(shard, client, subscriber, {unnoticed, pause}) {
    missed.on_missed([this](SteadyTime since) { asked.push_back(since); });
  }

  bool is_connected() const { return client.is_connected() && subscriber.is_connected(); }
  /// To tell again what was told before a loss.
  bool was_asked() const {
    return std::any_of(asked.begin(), asked.end(),
                       [](auto since) { return since < began - unnoticed / 2; });
  }

  redis::Client client;
  redis::Subscriber subscriber;
  Times asked;
  MissedEvents missed;
};

class MissedEventsTest : public ::testing::Test {
 protected:
  /// Both have come, and been heard.
  MissedEventsTest() {
    until([this] { return first_.is_connected() && second_.is_connected(); });
    settle();
    settle();  // What came behind the first one's start, too.
  }
  void until(const std::function<bool()>& done) { ASSERT_TRUE(net::run_until(shard_, done)); }
  /// Whatever was published before has been heard by both.
  void settle() {
    const auto before = std::pair{first_.asked.size(), second_.asked.size()};
    say("0");
    until([&] { return first_.asked.size() > before.first; });
    until([&] { return second_.asked.size() > before.second; });
    first_.asked.clear(), second_.asked.clear();
  }
  void say(const std::string& text) { server_.call({"PUBLISH", "parley:missed-events", text}); }
  /// Ends one connection of a node: `normal` tells, `pubsub` listens.
  void cut(const std::string& type) {
    const auto list = server_.call({"CLIENT", "LIST", "TYPE", type});
    std::istringstream lines(*list.text());
    std::string line;
    while (std::getline(lines, line) && line.find(" name=events ") == std::string::npos) continue;
    ASSERT_EQ(line.rfind("id=", 0), 0u) << line;
    server_.call({"CLIENT", "KILL", "ID", line.substr(3, line.find(' ') - 3)});
  }

  redis::testing::RedisServer server_;
  net::Shard shard_{0};
  Node first_{shard_, server_.config()}, second_{shard_, server_.config()};
};

TEST_F(MissedEventsTest, are_asked_for_by_who_could_not_hear) {
  cut("pubsub");
  until([this] { return first_.was_asked() && second_.was_asked(); });
}

TEST_F(MissedEventsTest, are_asked_for_by_whom_redis_lets_hear_again) {
  server_.call({"ACL", "SETUSER", "someone", "on", ">secret", "+@all", "resetchannels"});
  redis::Config config = server_.config();
  config.user = "someone";
  config.password = "secret";
  config.idle_ping = 20ms;
  Node third{shard_, config};
  until([&] { return third.subscriber.refusals().channels > 0; });
  const SteadyTime refused = shard_.now();
  settle();
  server_.call({"ACL", "SETUSER", "someone", "&parley:*"});
  const auto asks = [refused](const Node& node) {
    return std::any_of(node.asked.begin(), node.asked.end(),
                       [refused](auto since) { return since <= refused; });
  };
  until([&] { return asks(first_) && asks(second_) && asks(third); });
}

TEST_F(MissedEventsTest, are_asked_for_by_who_could_not_tell) {
  cut("normal");
  until([this] { return first_.was_asked() && second_.was_asked(); });
}

TEST_F(MissedEventsTest, are_asked_for_by_all_when_redis_was_away) {
  server_.stop();
  until([this] { return !first_.is_connected() && !second_.is_connected(); });
  server_.start_again();
  until([this] { return first_.was_asked() && second_.was_asked(); });
}

TEST_F(MissedEventsTest, are_asked_for_by_who_began_while_redis_was_away) {
  server_.stop();
  Node late{shard_, server_.config()};
  until([&] { return late.client.last_error() != "not connected yet"; });
  server_.start_again();
  until([&] { return !late.asked.empty(); });
}

TEST_F(MissedEventsTest, are_not_asked_for_by_who_begins) {
  Node fresh{shard_, server_.config(), 1min};
  until([&] { return fresh.is_connected(); });
  settle();
  EXPECT_EQ(fresh.client.counts().commands, 0u);
}

TEST_F(MissedEventsTest, are_told_again_once_for_all_who_ask_together) {
  for (const auto* text : {"100", "9000", "200"}) say(text);
  until([this] { return !first_.asked.empty(); });
  ASSERT_EQ(first_.asked.size(), 1u);
  EXPECT_LE(first_.asked[0], SteadyTime::clock::now() - 9000ms);
}

TEST_F(MissedEventsTest, are_not_asked_for_by_nonsense) {
  for (const auto* text : {"", "x", "-1", "1x", "99999999999999999999"}) say(text);
  say("99999999999999999");
  until([this] { return !first_.asked.empty(); });
  EXPECT_EQ(first_.asked.size(), 1u);
  EXPECT_GT(first_.asked[0], SteadyTime::clock::now() - 25h);
}

}  // namespace
}  // namespace parley::nodes
