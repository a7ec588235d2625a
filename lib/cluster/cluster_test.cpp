#include "cluster/cluster.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "cluster/msgpack.hpp"
#include "cluster/test_cluster.hpp"

namespace parley::cluster {
namespace {

using Got = std::map<std::string, Texts>;

TEST_P(ClusterTest, broadcasts_reach_every_client_once) {
  one.nsp().everyone().emit("e", {"[1.0,{\"z\":1,\"a\":2}]", {}});
  two.nsp().everyone().emit("e", {"[2]", {}});
  const Got got = received();
  ASSERT_EQ(got.size(), 4U);
  for (const auto& [name, texts] : got) {
    EXPECT_EQ(texts.size(), 2U) << name;
    EXPECT_NE(std::find(texts.begin(), texts.end(), "[2]"), texts.end()) << name;
  }
  // Sharded sends the JSON as it stands; MessagePack has no text of numbers.
  const std::string there = is_classic() ? R"([1,{"z":1,"a":2}])" : R"([1.0,{"z":1,"a":2}])";
  EXPECT_NE(std::find(got.at("c").begin(), got.at("c").end(), there), got.at("c").end());
}

TEST_P(ClusterTest, broadcasts_come_in_their_order) {
  join(two, c, "r");
  for (int i = 0; i < 100; ++i) one.nsp().to("r").emit("e", Payload::of({i}));
  const Got got = received();
  ASSERT_EQ(got.at("c").size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(got.at("c")[i], "[" + std::to_string(i) + "]");
}

TEST_P(ClusterTest, broadcasts_keep_to_rooms_and_exceptions) {
  join(two, c, "r");
  join(two, d, "r");
  join(two, d, "s");
  join(one, a, "r");
  one.nsp().to("r").emit("e", {"[1]", {}});
  EXPECT_EQ(received(), (Got{{"a", {"[1]"}}, {"c", {"[1]"}}, {"d", {"[1]"}}}));
  one.nsp().to("r").to("s").emit("e", {"[2]", {}});
  EXPECT_EQ(received(), (Got{{"a", {"[2]"}}, {"c", {"[2]"}}, {"d", {"[2]"}}}));
  one.nsp().to("r").except("s").except(a.sid()).emit("e", {"[3]", {}});
  EXPECT_EQ(received(), (Got{{"c", {"[3]"}}}));
  one.nsp().to(d.sid()).emit("e", {"[4]", {}});
  EXPECT_EQ(received(), (Got{{"d", {"[4]"}}}));
  one.nsp().everyone().local().emit("e", {"[5]", {}});
  EXPECT_EQ(received(), (Got{{"a", {"[5]"}}, {"b", {"[5]"}}}));
}

TEST_P(ClusterTest, volatile_broadcasts_pass_by_clients_that_cannot_take_them) {
  c.session().set_writable(false);
  one.nsp().everyone().volatile_().emit("e", {"[1]", {}});
  EXPECT_EQ(received(), (Got{{"a", {"[1]"}}, {"b", {"[1]"}}, {"d", {"[1]"}}}));
}

TEST_P(ClusterTest, binary_arguments_arrive) {
  const std::string big(70'000, '\xfe');
  one.nsp().everyone().emit(
      "bin", {R"(["x",{"_placeholder":true,"num":0},{"in":{"_placeholder":true,"num":1}}])",
              {"\x01", big}});
  std::vector<TestClient::Received> events;
  until([&] {
    c.run();
    for (auto& event : c.take_events()) events.push_back(std::move(event));
    return !events.empty();
  });
  EXPECT_EQ(events[0].name, "bin");
  EXPECT_EQ(events[0].args.json,
            R"(["x",{"_placeholder":true,"num":0},{"in":{"_placeholder":true,"num":1}}])");
  EXPECT_EQ(events[0].args.attachments, (Texts{"\x01", big}));
}

TEST_P(ClusterTest, a_room_that_is_left_gets_nothing_and_costs_nothing) {
  join(two, c, "r");
  c.emit("leave", {R"(["r"])", {}});
  if (!is_classic()) until([&] { return subscribers("socket.io#/#r#") == 0; });
  settle();
  const Counts before = two.cluster.counts();
  one.nsp().to("r").emit("e");
  EXPECT_EQ(received(), Got{});
  const Counts after = two.cluster.counts();
  // `received` makes two markers: one of its own, one of the other server.
  EXPECT_EQ(after.received - before.received, is_classic() ? 3U : 2U);
  EXPECT_EQ(after.not_held - before.not_held, is_classic() ? 1U : 0U);
}

TEST_P(ClusterTest, joins_leaves_and_disconnects_act_everywhere) {
  one.nsp().to(c.sid()).to(a.sid()).join("r");
  EXPECT_TRUE(wait(two, two.nsp().adapter().reachable("r")));
  one.nsp().to("r").emit("e", {"[1]", {}});
  EXPECT_EQ(received(), (Got{{"a", {"[1]"}}, {"c", {"[1]"}}}));
  two.nsp().to(a.sid()).leave("r");
  settle();
  one.nsp().to("r").emit("e", {"[2]", {}});
  EXPECT_EQ(received(), (Got{{"c", {"[2]"}}}));
  one.nsp().to("r").disconnect(false);
  until([&] {
    c.run();
    return !c.is_connected();
  });
  EXPECT_FALSE(c.closed());
  EXPECT_TRUE(d.is_connected());
  one.nsp().to(d.sid()).disconnect(true);
  until([&] {
    d.run();
    return d.closed().has_value();
  });
}

TEST_P(ClusterTest, finds_the_sockets_of_all_servers) {
  join(two, c, "r");
  join(one, b, "r");
  c.emit("show", {R"([{"name":"carol"}])", {}});
  const auto found = wait(one, one.nsp().to("r").fetch_sockets());
  EXPECT_TRUE(found.complete);
  ASSERT_EQ(found.sockets.size(), 2U);
  EXPECT_EQ(found.sockets[0].id, b.sid());
  EXPECT_EQ(found.sockets[1].id, c.sid());
  EXPECT_EQ(found.sockets[1].data, (json::object{{"name", "carol"}}));
  EXPECT_EQ(found.sockets[1].rooms.size(), 2U);
  EXPECT_TRUE(found.sockets[1].handshake.contains("headers"));
  EXPECT_EQ(wait(two, two.nsp().everyone().fetch_sockets(), 0).sockets.size(), 4U);
  EXPECT_EQ(wait(two, two.nsp().everyone().local().fetch_sockets()).sockets.size(), 2U);
  EXPECT_TRUE(wait(two, two.nsp().to("nobody").fetch_sockets()).sockets.empty());
}

TEST_P(ClusterTest, gathers_acknowledgements_of_all_servers_clients) {
  between = [&] {
    for (TestClient* const client : {&a, &b, &c, &d}) {
      client->run();
      for (const auto& event : client->take_events())
        client->acknowledge(event, {R"([{"_placeholder":true,"num":0},1])", {client->sid()}});
    }
  };
  const auto acks = wait(one, one.nsp().everyone().emit_with_ack("q", {"[1]", {}}, 4s));
  EXPECT_TRUE(acks.complete);
  ASSERT_EQ(acks.answers.size(), 4U);
  Texts sids;
  for (const Payload& answer : acks.answers) {
    EXPECT_EQ(answer.json, R"([{"_placeholder":true,"num":0}])");
    ASSERT_EQ(answer.attachments.size(), 1U);
    sids.push_back(answer.attachments[0]);
  }
  Texts all{a.sid(), b.sid(), c.sid(), d.sid()};
  std::sort(sids.begin(), sids.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(sids, all);
}

TEST_P(ClusterTest, gives_the_acknowledgements_that_came_in_time) {
  between = [&] {
    for (TestClient* const client : {&a, &c}) {
      client->run();
      for (const auto& event : client->take_events()) client->acknowledge(event, {"[1]", {}});
    }
  };
  const auto acks = wait(one, one.nsp().everyone().emit_with_ack("q", {}, 300ms));
  EXPECT_FALSE(acks.complete);
  EXPECT_EQ(acks.answers.size(), 2U);
  const auto nobody = wait(one, one.nsp().to("nobody").emit_with_ack("q", {}, 5s));
  EXPECT_TRUE(nobody.complete);
  const auto here = wait(one, one.nsp().to(a.sid()).local().emit_with_ack("q", {}, 5s));
  EXPECT_EQ(here.answers.size(), 1U);
}

TEST_P(ClusterTest, servers_talk_to_each_other) {
  one.nsp().server_side_emit("hello", {R"([1,"x"])", {}});
  until([&] { return !two.heard.empty(); });
  EXPECT_EQ(two.heard, (Texts{R"(hello[1,"x"])"}));
  const auto answers = wait(one, one.nsp().server_side_emit_with_ack("ask", {"[]", {}}));
  EXPECT_TRUE(answers.complete);
  ASSERT_EQ(answers.answers.size(), 1U);
  EXPECT_EQ(answers.answers[0].json, R"(["heard ask"])");
  EXPECT_TRUE(one.heard.empty());
}

TEST_P(ClusterTest, a_server_that_never_answers_costs_the_timeout) {
  net::Shard shard{0};
  redis::Subscriber silent{shard, redis.config(), "silent"};
  const std::string channel = is_classic() ? "socket.io-request#/#" : "socket.io#/#";
  silent.subscribe_soon(is_classic() ? redis::Kind::channel : redis::Kind::shard_channel, channel,
                        [](auto, auto) {});
  until([&] {
    net::run_until(
        shard, [] { return false; }, 0ms);
    return count_servers() == 3;
  });
  const auto answers = wait(one, one.nsp().server_side_emit_with_ack("ask"));
  EXPECT_FALSE(answers.complete);
  EXPECT_EQ(answers.answers.size(), 1U);
  const auto found = wait(one, one.nsp().everyone().fetch_sockets());
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.sockets.size(), 4U);
  const auto acks = wait(one, one.nsp().to("nobody").emit_with_ack("q", {}, 300ms));
  EXPECT_FALSE(acks.complete);
}

TEST_P(ClusterTest, a_room_is_not_reachable_while_redis_refuses_its_channel) {
  redis.call({"ACL", "SETUSER", "someone", "on", ">secret", "~*", "+@all", "resetchannels"});
  redis::Config limited = redis.config();
  limited.user = "someone";
  limited.password = "secret";
  limited.idle_ping = 20ms;
  TestServer third{limited, config()};
  TestClient e{third.io, third.shards};
  e.connect();
  e.emit("join", Payload::of({"r"}));
  until([&] {
    third.poll();
    return third.subscriber.refusals().channels > 0;
  });
  between = [&third] { third.poll(); };
  EXPECT_FALSE(wait(third, third.nsp().adapter().reachable("r")));
  // Redis lets a pattern be subscribed only where the rule is the same text.
  redis.call({"ACL", "SETUSER", "someone", "&socket.io*", "&socket.io#/#*"});
  until([&] {
    third.poll();
    return third.subscriber.refusals().channels == 0;
  });
  EXPECT_TRUE(wait(third, third.nsp().adapter().reachable("r")));
}

TEST_P(ClusterTest, names_the_commands_that_an_account_must_be_allowed) {
  const ChannelCommands commands = channel_commands(config());
  const auto with = [](const std::vector<redis::Command>& all, const redis::Command& it) {
    return std::find(all.begin(), all.end(), it) != all.end();
  };
  EXPECT_TRUE(with(commands.heard, is_classic() ? redis::Command{"PSUBSCRIBE", "socket.io#/#*"}
                                                : redis::Command{"SSUBSCRIBE", "socket.io#/#"}));
  EXPECT_TRUE(with(commands.told, {is_classic() ? "PUBLISH" : "SPUBLISH", "socket.io#/#", ""}));
  EXPECT_EQ(commands.heard.size(), is_classic() ? 4U : 3U);
  EXPECT_EQ(commands.told.size(), 3U);
}

TEST_P(ClusterTest, dynamic_namespaces_join_in) {
  for (TestClient* const client : {&a, &d}) ASSERT_TRUE(client->connect("/dyn1"));
  until([&] { return count_servers("/dyn1") == 2; });
  one.nsp("/dyn1").everyone().emit("e", {"[1]", {}});
  until([&] {
    d.run();
    return !d.take("e").empty();
  });
  const auto found = wait(two, two.nsp("/dyn1").everyone().fetch_sockets());
  EXPECT_EQ(found.sockets.size(), 2U);
  EXPECT_TRUE(c.take("e").empty());
}

TEST_P(ClusterTest, goes_on_without_redis_and_heals) {
  join(two, c, "r");
  join(one, a, "r");
  redis.stop();
  until([&] {
    return !one.client.is_connected() && !one.subscriber.is_connected() &&
           !two.client.is_connected();
  });
  one.nsp().to("r").emit("e", {"[1]", {}});
  a.run();
  EXPECT_EQ(a.take("e"), (Texts{"[1]"}));
  EXPECT_GT(one.cluster.counts().dropped, 0U);
  const auto found = wait(one, one.nsp().everyone().fetch_sockets());
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.sockets.size(), 2U);
  EXPECT_FALSE(wait(one, one.nsp().server_side_emit_with_ack("ask")).complete);
  const auto acks = wait(one, one.nsp().to("nobody").emit_with_ack("q", {}, 30s));
  EXPECT_FALSE(acks.complete);
  one.nsp().to(b.sid()).join("r");
  c.emit("leave", {R"(["r"])", {}});
  d.emit("join", {R"(["r"])", {}});

  redis.start_again();
  until([&] { return count_servers() == 2; });
  until([&] { return one.client.is_connected() && two.client.is_connected(); });
  EXPECT_TRUE(wait(one, one.nsp().adapter().reachable("r")));
  EXPECT_TRUE(wait(two, two.nsp().adapter().reachable("r")));
  two.nsp().to("r").emit("e", {"[2]", {}});
  EXPECT_EQ(received(), (Got{{"a", {"[2]"}}, {"b", {"[2]"}}, {"d", {"[2]"}}}));
  EXPECT_TRUE(wait(one, one.nsp().everyone().fetch_sockets()).complete);
}

TEST_P(ClusterTest, rubbish_hurts_nobody) {
  join(two, c, "r");
  for (const char* const channel :
       {"socket.io#/#", "socket.io#/#r#", "socket.io-request#/#", "socket.io-response#/#"}) {
    for (const std::string& bytes :
         {std::string{}, std::string{"{"}, std::string{"{}"}, std::string{"\x93"},
          std::string{"\xff\xfe"}, std::string{"null"}, std::string(100'000, '\x91'),
          std::string(100'000, '['), std::string{"\x93\xdd\xff\xff\xff\xff"},
          std::string{R"({"type":5,"opts":7})"}}) {
      publish(channel, bytes);
    }
  }
  one.nsp().to("r").emit("e", {"[1]", {}});
  EXPECT_EQ(received(), (Got{{"c", {"[1]"}}}));
  EXPECT_GT(two.cluster.counts().undecodable, 0U);
}

TEST_P(ClusterTest, may_be_called_on_any_shard) {
  for (std::size_t shard = 0; shard < 2; ++shard) {
    one.shards[shard].post([this] { one.nsp().everyone().emit("e", {"[1]", {}}); });
    until([&] {
      d.run();
      return !d.take("e").empty();
    });
  }
}

TEST_P(ClusterTest, says_what_is_not_reachable) {
  EXPECT_FALSE(wait(one, one.nsp().adapter().reachable("nobody")));
}

INSTANTIATE_TEST_SUITE_P(Protocols, ClusterTest,
                         testing::Values(Protocol::classic, Protocol::sharded), [](const auto& of) {
                           return of.param == Protocol::classic ? "classic" : "sharded";
                         });

/// What only the classic protocol has: the emitter, old servers' requests.
class ClassicCluster : public ClusterTest {};

TEST_P(ClassicCluster, hears_the_emitter) {
  publish("socket.io#/#" + c.sid() + "#",
          write_msgpack(R"(["emitter",{"type":2,"data":["e",7],"nsp":"/"},{"rooms":[")" + c.sid() +
                            R"("],"flags":{},"except":[]}])",
                        {}));
  EXPECT_EQ(received(), (Got{{"c", {"[7]"}}}));
  publish("socket.io-request#/#", R"({"type":2,"opts":{"rooms":[],"except":[]},"rooms":["x"]})");
  EXPECT_TRUE(wait(two, two.nsp().adapter().reachable("x")));
  settle();
  EXPECT_EQ(wait(one, one.nsp().to("x").fetch_sockets()).sockets.size(), 4U);
  publish("socket.io-request#/#", R"({"uid":"emitter","type":6,"data":["hi",1]})");
  until([&] { return !one.heard.empty() && !two.heard.empty(); });
  EXPECT_EQ(one.heard, (Texts{"hi[1]"}));
}

TEST_P(ClassicCluster, answers_old_servers) {
  net::Shard shard{0};
  redis::Subscriber listener{shard, redis.config(), "old"};
  Texts answers;
  listener.subscribe_soon(redis::Kind::channel, "socket.io-response#/#",
                          [&](auto, std::string_view message) { answers.emplace_back(message); });
  until([&] {
    net::run_until(
        shard, [] { return false; }, 0ms);
    return subscribers("socket.io-response#/#") == 3;
  });
  const auto ask = [&](const std::string& request, std::size_t count) {
    answers.clear();
    publish("socket.io-request#/#", request);
    until([&] {
      net::run_until(
          shard, [] { return false; }, 0ms);
      return answers.size() == count;
    });
    std::sort(answers.begin(), answers.end());
    return answers;
  };
  EXPECT_EQ(ask(R"({"requestId":"q","type":0,"rooms":[")" + c.sid() + R"("]})", 2),
            (Texts{R"({"requestId":"q","sockets":[")" + c.sid() + R"("]})",
                   R"({"requestId":"q","sockets":[]})"}));
  EXPECT_NE(ask(R"({"requestId":"q","type":1})", 2)[0].find(R"("rooms":[")"), std::string::npos);
  EXPECT_EQ(ask(R"({"requestId":"q","type":2,"sid":")" + c.sid() + R"(","room":"r"})", 1),
            (Texts{R"({"requestId":"q"})"}));
  EXPECT_EQ(wait(one, one.nsp().to("r").fetch_sockets()).sockets.size(), 1U);
  EXPECT_EQ(ask(R"({"requestId":"q","type":4,"sid":")" + c.sid() + R"(","close":false})", 1).size(),
            1U);
  until([&] {
    c.run();
    return !c.is_connected();
  });
}

INSTANTIATE_TEST_SUITE_P(Protocols, ClassicCluster, testing::Values(Protocol::classic),
                         [](const auto&) { return "classic"; });

/// What only the sharded protocol has: a channel for each room.
class ShardedCluster : public ClusterTest {};

TEST_P(ShardedCluster, one_rooms_channel_is_subscribed_once_for_all_shards) {
  join(two, c, "r");
  join(two, d, "r");
  EXPECT_EQ(subscribers("socket.io#/#r#"), 1);
  c.close();
  settle();
  EXPECT_EQ(subscribers("socket.io#/#r#"), 1);
  EXPECT_EQ(subscribers("socket.io#/#" + d.sid() + "#"), 0);  // the room of an id
  d.close();
  until([&] { return subscribers("socket.io#/#r#") == 0; });
}

TEST_P(ShardedCluster, nobody_waits_for_the_answer_to_a_move_of_everybody) {
  publish("socket.io#/#",
          R"({"type":4,"data":{"opts":{"rooms":[],"except":[]},"rooms":["all"],"requestId":"q"},)"
          R"("uid":"another","nsp":"/"})");
  settle();
  until([&] { return subscribers("socket.io#/#all#") == 2; });
  one.nsp().to("all").emit("e", {"[1]", {}});
  EXPECT_EQ(received(), (Got{{"a", {"[1]"}}, {"b", {"[1]"}}, {"c", {"[1]"}}, {"d", {"[1]"}}}));
}

INSTANTIATE_TEST_SUITE_P(Protocols, ShardedCluster, testing::Values(Protocol::sharded),
                         [](const auto&) { return "sharded"; });

/// With threads: what a sanitizer for threads looks at.
TEST(ClusterThreads, ask_each_other_on_every_shard) {
  for (const Protocol protocol : {Protocol::classic, Protocol::sharded}) {
    const redis::testing::RedisServer redis;
    Config config;
    config.protocol = protocol;
    TestServer one{redis.config(), config}, two{redis.config(), config};
    one.shards.start();
    two.shards.start();
    std::atomic<int> complete{0}, asked{0};
    const auto ask = [](TestServer* server, std::atomic<int>* good,
                        std::atomic<int>* all) -> Task<void> {
      for (int i = 0; i < 20; ++i) {
        server->nsp().everyone().emit("e", {"[1]", {}});
        const auto found = co_await server->nsp().everyone().fetch_sockets();
        Payload nothing;
        const auto acks = co_await server->nsp().everyone().emit_with_ack("q", nothing, 5s);
        *good += found.complete && acks.complete;
      }
      ++*all;
    };
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!(one.client.is_connected() && two.client.is_connected()) &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    for (TestServer* const server : {&one, &two}) {
      for (const auto& shard : server->shards) shard->spawn("ask", ask(server, &complete, &asked));
    }
    while (asked < 4 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    one.shards.stop();
    two.shards.stop();
    EXPECT_EQ(asked, 4);
    EXPECT_GT(complete, 0);
  }
}

}  // namespace
}  // namespace parley::cluster
