// One client and callers on several shards, with real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "redis/client.hpp"
#include "redis/testing.hpp"

namespace parley::redis {
namespace {

using namespace std::chrono_literals;
using testing::RedisServer;

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 20'000 && !holds(); ++i) std::this_thread::sleep_for(1ms);
  return holds();
}

struct Tally {
  std::atomic<int> done{0}, failed{0}, elsewhere{0};
};

Task<void> append(Client& client, net::Shard& shard, std::string list, std::string value,
                  Tally& tally) {
  Command command{"RPUSH", std::move(list), std::move(value)};
  const auto reply = co_await client.call(std::move(command));
  if (!reply) ++tally.failed;
  if (!shard.is_current()) ++tally.elsewhere;
  ++tally.done;
}

TEST(ClientOfManyShards, keeps_the_order_of_each_shard_over_ten_thousand_calls) {
  RedisServer server;
  Tally tally;
  net::Shards shards{2};
  Client client{shards[0], server.config(), "test"};
  shards.start();
  ASSERT_TRUE(eventually([&client] { return client.is_connected(); }));
  for (auto& shard : shards) {
    shard->post([&, target = shard.get()] {
      for (int i = 0; i < 5000; ++i) {
        const std::string list = "list:" + std::to_string(target->index());
        target->spawn("append", append(client, *target, list, std::to_string(i), tally));
      }
    });
  }
  ASSERT_TRUE(eventually([&tally] { return tally.done == 10'000; }));
  EXPECT_EQ(tally.failed, 0);
  EXPECT_EQ(tally.elsewhere, 0) << "results come back on the caller's shard";
  EXPECT_EQ(client.counts().commands, 10'000U);
  shards.stop();
  for (const std::string list : {"list:0", "list:1"}) {
    const Reply reply = server.call({"LRANGE", list, "0", "-1"});
    ASSERT_EQ(reply.array()->size(), 5000U);
    for (std::size_t i = 0; i < 5000; ++i) {
      ASSERT_EQ(*(*reply.array())[i].text(), std::to_string(i)) << list;
    }
  }
}

TEST(ClientOfManyShards, sends_from_any_thread) {
  RedisServer server;
  net::Shards shards{1};
  Client client{shards[0], server.config(), "test"};
  shards.start();
  ASSERT_TRUE(eventually([&client] { return client.is_connected(); }));
  for (int i = 0; i < 100; ++i) client.send({"INCR", "a"});
  ASSERT_TRUE(eventually([&server] { return server.call({"GET", "a"}) == Reply{"100"}; }));
  shards.stop();
}

TEST(ClientOfManyShards, ends_every_call_over_kills_and_restarts) {
  RedisServer server;
  Tally tally;
  std::atomic<bool> stop{false};
  std::atomic<int> running{0};
  net::Shards shards{2};
  Client client{shards[0], server.config(), "test"};
  shards.start();
  const auto keep_calling = [](Client& to, net::Shard& shard, Tally& counts,
                               std::atomic<bool>& over, std::atomic<int>& loops) -> Task<void> {
    while (!over) {
      co_await append(to, shard, "list", "x", counts);
      co_await net::sleep_for(1ms);
    }
    --loops;
  };
  for (auto& shard : shards) {
    for (int i = 0; i < 20; ++i) {
      ++running;
      shard->spawn("calls", keep_calling(client, *shard, tally, stop, running));
    }
  }
  for (std::uint64_t round = 1; round <= 3; ++round) {
    ASSERT_TRUE(eventually([&] { return client.counts().connects == round; }));
    const int before = tally.done;
    ASSERT_TRUE(eventually([&] { return tally.done > before + 100; }));
    server.stop();
    ASSERT_TRUE(eventually([&client] { return !client.is_connected(); }));
    server.start_again();
  }
  ASSERT_TRUE(eventually([&client] { return client.is_connected(); }));
  stop = true;
  EXPECT_TRUE(eventually([&running] { return running == 0; })) << "each call had an end";
  EXPECT_GT(tally.failed, 0);
  EXPECT_EQ(tally.elsewhere, 0);
  shards.stop();
}

/// Counts itself while its coroutine's frame lives.
struct Alive {
  explicit Alive(std::atomic<int>& counter) : count(counter) { ++count; }
  ~Alive() { --count; }
  std::atomic<int>& count;
};

/// Whichever shard is the home, and whether the client goes before the shards or after them.
void stop_while_calls_wait(std::size_t home, bool client_goes_first) {
  RedisServer server;
  std::atomic<int> alive{0};
  auto shards = std::make_unique<net::Shards>(2);
  auto client = std::make_unique<Client>((*shards)[home], server.config(), "test");
  shards->start();
  ASSERT_TRUE(eventually([&client] { return client->is_connected(); }));
  server.pause();
  const auto wait = [](Client& to, std::atomic<int>& counter) -> Task<void> {
    const Alive here{counter};
    Command ping{"PING"};
    const auto reply = co_await to.call(std::move(ping));
    ADD_FAILURE() << "the call ended: " << reply.has_value();
  };
  for (auto& shard : *shards) {
    for (int i = 0; i < 10; ++i) shard->spawn("wait", wait(*client, alive));
  }
  ASSERT_TRUE(eventually([&] { return alive == 20 && client->counts().commands == 20; }));
  shards->stop();
  EXPECT_EQ(alive, 20);
  if (client_goes_first) client.reset();
  shards.reset();
  EXPECT_EQ(alive, 0) << "no frame is leaked";
}

TEST(ClientOfManyShards, leaves_nothing_when_the_shards_stop_while_calls_wait) {
  for (const std::size_t home : {0, 1}) {
    for (const bool client_goes_first : {true, false}) {
      stop_while_calls_wait(home, client_goes_first);
    }
  }
}

}  // namespace
}  // namespace parley::redis
