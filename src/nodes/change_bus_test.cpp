// Nodes that tell one another, over a real Redis.
#include "nodes/change_bus.hpp"

#include <gtest/gtest.h>

#include "base/object_id.hpp"
#include "net/testing.hpp"
#include "redis/testing.hpp"

namespace parley::nodes {
namespace {

using Seqs = std::vector<chat::Seq>;

/// One node, on the test's own shard, and what it heard.
struct Node {
  Node(net::Shard& shard, const redis::Config& config, const std::string& name)
      : client(shard, config, "changes"),
        subscriber(shard, config, "changes"),
        bus(shard, client, subscriber, {name}) {
    bus.set_handlers({[this](std::vector<chat::Change> changes) {
                        gaps_when_heard = gaps;
                        for (const chat::Change& change : changes)
                          heard.push_back(std::get<chat::MessageAppended>(change).message.seq);
                      },
                      [this](chat::UserId user, std::optional<chat::FamilyId> family) {
                        closed.emplace_back(user, family);
                      },
                      [this](Time since) {
                        ++gaps;
                        gap_since = since;
                      }});
  }

  redis::Client client;
  redis::Subscriber subscriber;
  ChangeBus bus;
  Seqs heard;
  std::vector<std::pair<chat::UserId, std::optional<chat::FamilyId>>> closed;
  int gaps = 0, gaps_when_heard = 0;
  Time gap_since;
};

class ChangeBusTest : public ::testing::Test {
 protected:
  ChangeBusTest() {
    until([this] { return is_connected(first_) && is_connected(second_); });
  }

  static bool is_connected(const Node& node) {
    return node.client.is_connected() && node.subscriber.is_connected();
  }
  void until(const std::function<bool()>& done) { ASSERT_TRUE(net::run_until(shard_, done)); }
  void follow(Node& node, chat::UserId user) {
    bool followed = false;
    shard_.spawn("test", wait_for(node.bus, user, followed));
    until([&] { return followed; });
  }
  static Task<void> wait_for(ChangeBus& bus, chat::UserId user, bool& followed) {
    co_await bus.follow(user);
    followed = true;
  }
  std::string client_id(Node& node) { return client_id(node.client); }
  std::string client_id(redis::Client& client) {
    std::string id;
    shard_.spawn("test", ask_id(client, id));
    until([&] { return !id.empty(); });
    return id;
  }
  static Task<void> ask_id(redis::Client& client, std::string& id) {
    redis::Command command{"CLIENT", "ID"};
    const auto reply = co_await client.call(std::move(command));
    id = std::to_string(*reply->integer());
  }
  chat::UserId user() { return chat::UserId{ids_.next(wall_now())}; }
  chat::Change message(chat::UserId from, chat::UserId to, chat::Seq seq) {
    chat::MessageAppended change;
    change.message.id = chat::MessageId{ids_.next(wall_now())};
    change.message.sender = from;
    change.message.receiver = to;
    change.message.seq = seq;
    change.unread = {{to, 1}, {from, 0}};
    return change;
  }
  /// What was sent so far has gone through Redis.
  void settle() {
    const chat::UserId marker = user();
    follow(second_, marker);
    const std::size_t before = second_.heard.size();
    first_.bus.publish({message(user(), marker, 999)});
    until([&] { return second_.heard.size() > before && second_.heard.back() == 999; });
    second_.heard.pop_back();
  }

  redis::testing::RedisServer server_;
  net::Shard shard_{0};
  Node first_{shard_, server_.config(), "aaaaaaaaaaaa"};
  Node second_{shard_, server_.config(), "bbbbbbbbbbbb"};
  ObjectIdSource ids_;
};

TEST_F(ChangeBusTest, tells_the_node_that_follows_one_of_the_two) {
  const chat::UserId ann = user(), bob = user(), eve = user();
  follow(second_, bob);
  first_.bus.publish({message(ann, bob, 1), message(ann, eve, 2), message(bob, ann, 3)});
  settle();
  EXPECT_EQ(second_.heard, (Seqs{1, 3}));
  EXPECT_TRUE(first_.heard.empty());
}

TEST_F(ChangeBusTest, does_not_hear_itself) {
  const chat::UserId ann = user(), bob = user();
  follow(first_, bob);
  first_.bus.publish({message(ann, bob, 1)});
  until([this] { return first_.bus.counts().own == 1; });
  EXPECT_TRUE(first_.heard.empty());
}

TEST_F(ChangeBusTest, keeps_the_order_of_many) {
  const chat::UserId ann = user(), bob = user();
  follow(second_, bob);
  Seqs expected;
  for (chat::Seq seq = 1; seq <= 3'000; ++seq) {
    first_.bus.publish({message(ann, bob, seq)});
    expected.push_back(seq);
  }
  until([&] { return second_.heard.size() == expected.size(); });
  EXPECT_EQ(second_.heard, expected);
}

TEST_F(ChangeBusTest, follows_until_the_last_one_has_left_and_lingered) {
  const chat::UserId bob = user();
  follow(second_, bob);
  follow(second_, bob);
  EXPECT_EQ(second_.bus.counts().followed, 1u);
  second_.bus.unfollow(bob);
  second_.bus.unfollow(bob);
  second_.bus.unfollow(bob);
  first_.bus.publish({message(user(), bob, 1)});
  settle();
  EXPECT_EQ(second_.heard, Seqs{1}) << "it lingers";
  follow(second_, bob);
  first_.bus.publish({message(user(), bob, 2)});
  settle();
  EXPECT_EQ(second_.heard, (Seqs{1, 2}));
}

TEST_F(ChangeBusTest, ends_logins_elsewhere) {
  const chat::UserId bob = user();
  const chat::FamilyId family{ids_.next(wall_now())};
  follow(second_, bob);
  follow(first_, bob);
  first_.bus.close_logins(bob, family);
  first_.bus.close_logins(bob, std::nullopt);
  until([this] { return second_.closed.size() == 2; });
  EXPECT_EQ(second_.closed[0].second, family);
  EXPECT_EQ(second_.closed[1].second, std::nullopt);
  EXPECT_TRUE(first_.closed.empty());
}

TEST_F(ChangeBusTest, tells_of_the_gap_when_redis_was_away) {
  const chat::UserId bob = user();
  follow(second_, bob);
  const int before = second_.gaps;
  const Time before_the_loss = wall_now();
  server_.stop();
  until([this] { return !is_connected(first_) && !is_connected(second_); });
  first_.bus.publish({message(user(), bob, 1)});
  follow(second_, user());
  server_.start_again();
  until([&] { return second_.gaps > before && is_connected(first_); });
  EXPECT_LT(second_.gap_since, before_the_loss);
  first_.bus.publish({message(user(), bob, 2)});
  until([this] { return !second_.heard.empty(); });
  EXPECT_EQ(second_.heard, Seqs{2});
}

TEST_F(ChangeBusTest, tells_of_the_gap_when_another_node_could_not_publish) {
  const chat::UserId bob = user();
  follow(second_, bob);
  const auto id = client_id(first_);
  const int before = second_.gaps;
  // The server ends one connection of the other node; our own are well.
  EXPECT_EQ(server_.call({"CLIENT", "KILL", "ID", id}), redis::Reply{std::int64_t{1}});
  until([this] { return !first_.client.is_connected(); });
  first_.bus.publish({message(user(), bob, 1)});
  until([&] { return second_.gaps > before; });
  EXPECT_TRUE(second_.heard.empty());
  EXPECT_TRUE(second_.subscriber.is_connected());
}

TEST_F(ChangeBusTest, tells_of_gaps_by_the_clock_that_all_nodes_share) {
  const auto shared = [] { return wall_now() - std::chrono::hours{1}; };
  const ThisNode third{"cccccccccccc", shared};
  redis::Client client(shard_, server_.config(), "changes");
  redis::Subscriber subscriber(shard_, server_.config(), "changes");
  ChangeBus bus(shard_, client, subscriber, third);
  std::vector<Time> gaps;
  bus.set_handlers({{}, {}, [&gaps](Time since) { gaps.push_back(since); }});
  bool followed = false;
  shard_.spawn("test", wait_for(bus, user(), followed));
  until([&] { return followed && client.is_connected(); });
  // Its own loss, and the one that it tells the others of.
  follow(second_, user());
  const int before = second_.gaps;
  server_.call({"CLIENT", "KILL", "TYPE", "pubsub"});
  until([&] { return !gaps.empty() && second_.gaps > before; });
  EXPECT_LT(gaps.back(), shared());
  EXPECT_GT(second_.gap_since, shared() + std::chrono::minutes{50});
  const auto id = client_id(client);
  server_.call({"CLIENT", "KILL", "ID", id});
  until([&] { return !client.is_connected(); });
  bus.publish({message(user(), user(), 1)});
  until([&] { return second_.gap_since < shared(); });
}

TEST_F(ChangeBusTest, tells_of_the_gap_before_it_publishes_again) {
  const chat::UserId bob = user();
  follow(second_, bob);
  for (chat::Seq seq = 1; seq <= 5; ++seq) {
    const auto id = client_id(first_);
    const int before = second_.gaps;
    server_.call({"CLIENT", "KILL", "ID", id});
    until([this] { return !first_.client.is_connected(); });
    first_.bus.publish({message(user(), bob, 100)});
    until([this] { return first_.client.is_connected(); });
    first_.bus.publish({message(user(), bob, seq)});
    until([&] { return second_.heard.size() == seq; });
    EXPECT_GT(second_.gaps_when_heard, before) << seq;
  }
  EXPECT_EQ(second_.heard, (Seqs{1, 2, 3, 4, 5}));
}

TEST_F(ChangeBusTest, tells_of_the_gap_before_what_comes_while_it_subscribes_again) {
  // Many channels: they are heard again one after the other, and the gap is told after the last.
  std::vector<chat::UserId> all;
  for (int i = 0; i < 5'000; ++i) all.push_back(user());
  for (const chat::UserId who : all) shard_.spawn("test", second_.bus.follow(who));
  until([this] { return second_.bus.counts().followed == 5'000; });
  settle();
  const int before = second_.gaps;
  server_.call({"CLIENT", "KILL", "TYPE", "pubsub"});
  until([this] { return !second_.subscriber.is_connected(); });
  until([&] {
    for (int i = 0; i < 5'000; i += 100) first_.bus.publish({message(user(), all[i], 1)});
    return !second_.heard.empty();
  });
  EXPECT_GT(second_.gaps_when_heard, before);
}

TEST_F(ChangeBusTest, ends_logins_as_soon_as_it_can) {
  const chat::UserId bob = user();
  follow(second_, bob);
  const auto id = client_id(first_);
  server_.call({"CLIENT", "KILL", "ID", id});
  until([this] { return !first_.client.is_connected(); });
  first_.bus.close_logins(bob, std::nullopt);
  until([this] { return second_.closed.size() == 1; });
}

/// An account of Redis that may do everything, but may not use channels.
redis::Config without_channels(redis::testing::RedisServer& server) {
  server.call({"ACL", "SETUSER", "someone", "on", ">secret", "~*", "+@all", "resetchannels"});
  redis::Config config = server.config();
  config.user = "someone";
  config.password = "secret";
  config.idle_ping = std::chrono::milliseconds{20};
  return config;
}

TEST_F(ChangeBusTest, tells_of_the_gap_when_redis_lets_it_hear) {
  Node third{shard_, without_channels(server_), "third"};
  until([&] { return is_connected(third); });
  follow(third, user());
  until([&] { return third.subscriber.refusals().channels == 2; });
  const Time refused = wall_now();
  const int before = third.gaps;
  server_.call({"ACL", "SETUSER", "someone", "&parley:*"});
  until([&] { return third.gaps > before; });
  EXPECT_LT(third.gap_since, refused);
  EXPECT_GT(third.gap_since, refused - std::chrono::minutes{1});
}

TEST_F(ChangeBusTest, ends_logins_as_soon_as_redis_permits) {
  const chat::UserId bob = user();
  follow(second_, bob);
  Node third{shard_, without_channels(server_), "third"};
  until([&] { return is_connected(third); });
  third.bus.close_logins(bob, std::nullopt);
  until([this] {
    const auto calls = server_.call({"INFO", "commandstats"});
    return calls.text()->find("cmdstat_publish:calls=0") != std::string::npos;
  });
  server_.call({"ACL", "SETUSER", "someone", "&parley:*"});
  until([this] { return second_.closed.size() == 1; });
}

TEST_F(ChangeBusTest, believes_no_nonsense_about_gaps) {
  follow(second_, user());
  const int before = second_.gaps;
  for (const auto* text : {"", " ", "x", "x ", "x y", "x -1", "x 99999999999999999999", "x 1 2"})
    server_.call({"PUBLISH", "parley:missed", text});
  server_.call({"PUBLISH", "parley:missed", "x 1760000000000"});
  until([&] { return second_.gaps > before; });
  EXPECT_EQ(second_.gaps, before + 1);
  EXPECT_LE(second_.gap_since, from_unix_ms(1'760'000'000'000));
  EXPECT_GT(second_.gap_since, from_unix_ms(1'759'000'000'000));
}

TEST_F(ChangeBusTest, survives_what_others_write_to_its_channels) {
  const chat::UserId bob = user();
  follow(second_, bob);
  for (const auto* text : {"", "nonsense", "{\"v\":1,\"node\":\"x\",\"changes\":[{}]}"})
    server_.call({"PUBLISH", "parley:user:" + bob.hex(), text});
  until([this] { return second_.bus.counts().unreadable == 3; });
  first_.bus.publish({message(user(), bob, 1)});
  settle();
  EXPECT_EQ(second_.heard, Seqs{1});
}

}  // namespace
}  // namespace parley::nodes
