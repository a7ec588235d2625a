#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "net/testing.hpp"
#include "redis/testing.hpp"
#include "socketio/testing.hpp"

namespace parley::cluster {

using namespace std::chrono_literals;
using socketio::Payload;
using socketio::TestClient;
using Texts = std::vector<std::string>;

/// A Socket.IO server of two shards without threads, one of a cluster.
struct TestServer {
  TestServer(const redis::Config& redis, const Config& config)
      : client(shards[0], redis, "test"),
        subscriber(shards[0], redis, "test"),
        cluster(shards[0], client, subscriber, config),
        io(shards, with(cluster)) {
    for (socketio::Namespace* const nsp : {&io.of("/"), &io.dynamic(is_dynamic)}) {
      nsp->on("join", [](const auto& socket, socketio::Event& event) {
        for (const auto& room : event.args()) socket->join(std::string{room.as_string()});
      });
      nsp->on("leave", [](const auto& socket, socketio::Event& event) {
        for (const auto& room : event.args()) socket->leave(std::string{room.as_string()});
      });
      nsp->on("show", [](const auto& socket, socketio::Event& event) {
        socket->show(event.args().at(0).as_object());
      });
      nsp->on_server_side_emit([this](std::string_view name, const Payload& args, const auto& ack) {
        heard.push_back(std::string{name} + args.json);
        if (ack) ack(Payload::of({"heard " + std::string{name}, 2}));
        if (ack) ack(Payload::of({"twice"}));
      });
    }
  }
  static bool is_dynamic(std::string_view name, const json::object&) {
    return name.starts_with("/dyn");
  }
  static socketio::Config with(Cluster& cluster) {
    socketio::Config config;
    config.adapter = cluster.wrapper();
    return config;
  }

  void poll() {
    for (const auto& shard : shards)
      net::run_until(
          *shard, [] { return false; }, 0ms);
  }
  socketio::Namespace& nsp(std::string_view name = "/") { return *io.find(name); }

  net::Shards shards{2};
  redis::Client client;
  redis::Subscriber subscriber;
  Cluster cluster;
  socketio::Server io;
  Texts heard;
};

/// Servers `one` and `two` on one Redis; clients a, b of the first and c, d of the second, each on
/// a shard of its own.
class ClusterTest : public testing::TestWithParam<Protocol> {
 protected:
  ClusterTest() {
    until([this] { return count_servers() == 2; });
    for (TestClient* const client : {&a, &b, &c, &d}) client->connect();
  }

  Config config() {
    Config config;
    config.protocol = GetParam();
    config.requests_timeout = 400ms;
    return config;
  }
  bool is_classic() const { return GetParam() == Protocol::classic; }

  void poll() {
    for (TestServer* const server : servers()) server->poll();
  }
  std::vector<TestServer*> servers() { return {&one, &two}; }
  template <class Done>
  void until(Done done, std::chrono::milliseconds limit = 8s) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      poll();
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited too long";
    }
  }
  template <class Value>
  Value wait(TestServer& server, Task<Value> task, std::size_t shard = 1) {
    auto value = std::make_shared<std::optional<Value>>();
    server.shards[shard].spawn("test", store(std::move(task), value));
    until([&] {
      if (between) between();
      return value->has_value();
    });
    return value->has_value() ? std::move(**value) : Value{};
  }
  template <class Value>
  static Task<void> store(Task<Value> task, std::shared_ptr<std::optional<Value>> to) {
    to->emplace(co_await std::move(task));
  }

  std::int64_t subscribers(const std::string& channel) {
    const auto reply = redis.call({"PUBSUB", is_classic() ? "NUMSUB" : "SHARDNUMSUB", channel});
    return *(*reply.array())[1].integer();
  }
  std::int64_t count_servers(const std::string& nsp = "/") {
    return subscribers((is_classic() ? "socket.io-request#" : "socket.io#") + nsp + "#");
  }
  void publish(const std::string& channel, const std::string& bytes) {
    redis.call({is_classic() ? "PUBLISH" : "SPUBLISH", channel, bytes});
  }

  /// Joins, and waits until the other server's messages come.
  void join(TestServer& server, TestClient& client, const std::string& room) {
    client.emit("join", Payload::of({room}));
    EXPECT_TRUE(wait(server, server.nsp().adapter().reachable(room)));
  }
  /// What each client got under "e", when everything on its way has arrived.
  std::map<std::string, Texts> received() {
    settle();
    std::map<std::string, Texts> all;
    for (const auto& [name, client] : std::vector<std::pair<std::string, TestClient*>>{
             {"a", &a}, {"b", &b}, {"c", &c}, {"d", &d}}) {
      client->run();
      const Texts texts = client->take("e");
      if (!texts.empty()) all[name] = texts;
    }
    return all;
  }
  /// Everything that was emitted before has arrived: a marker behind it, in both directions.
  void settle() {
    ++markers;
    for (TestServer* const server : servers()) {
      server->nsp().everyone().emit("marker", Payload::of({markers}));
    }
    std::map<TestClient*, std::size_t> got;
    until([&] {
      for (TestClient* const client : {&a, &b, &c, &d}) {
        if (!client->is_connected()) got[client] = 2;
        client->run();
        for (const std::string& text : client->take("marker"))
          got[client] += text == "[" + std::to_string(markers) + "]" ? 1 : 0;
      }
      return got.size() == 4 &&
             std::all_of(got.begin(), got.end(), [](const auto& each) { return each.second >= 2; });
    });
  }

  redis::testing::RedisServer redis;
  TestServer one{redis.config(), config()}, two{redis.config(), config()};
  TestClient a{one.io, one.shards, 0}, b{one.io, one.shards, 1};
  TestClient c{two.io, two.shards, 0}, d{two.io, two.shards, 1};
  std::function<void()> between;
  int markers = 0;
};

}  // namespace parley::cluster
