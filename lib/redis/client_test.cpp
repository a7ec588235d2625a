#include "redis/client.hpp"

#include <gtest/gtest.h>

#include "redis/test_rig.hpp"

namespace parley::redis {
namespace {

using namespace std::chrono_literals;
using testing::RedisServer;

class ClientTest : public ::testing::Test {
 protected:
  /// A client that is connected.
  std::unique_ptr<Client> connect(Config config) {
    auto client = std::make_unique<Client>(rig.shard, std::move(config), "test");
    rig.until([&client] { return client->is_connected(); });
    return client;
  }

  Rig rig;
};

Reply text(std::string value) { return {std::move(value)}; }
Reply integer(std::int64_t value) { return {value}; }

TEST_F(ClientTest, calls_and_gets_every_type_of_reply) {
  RedisServer server;
  const auto client = connect(server.config());
  EXPECT_EQ(*rig.wait(client->call({"SET", "key", "value"})), text("OK"));
  EXPECT_EQ(*rig.wait(client->call({"GET", "key"})), text("value"));
  EXPECT_EQ(*rig.wait(client->call({"INCRBY", "number", "-7"})), integer(-7));
  EXPECT_TRUE(rig.wait(client->call({"GET", "nothing"}))->is_nil());
  const auto array = rig.wait(client->call({"MGET", "key", "nothing"}));
  EXPECT_EQ(*array, (Reply{Reply::Array{text("value"), Reply{}}}));
}

TEST_F(ClientTest, is_binary_safe) {
  RedisServer server;
  const auto client = connect(server.config());
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  all += "\r\n$5\r\n";
  ASSERT_TRUE(rig.wait(client->call({"SET", all, all})));
  EXPECT_EQ(*rig.wait(client->call({"GET", all})), text(all));
}

TEST_F(ClientTest, gives_errors_of_the_server_as_bad_request) {
  RedisServer server;
  const auto client = connect(server.config());
  ASSERT_TRUE(rig.wait(client->call({"SET", "key", "value"})));
  const auto refused = rig.wait(client->call({"INCR", "key"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  EXPECT_EQ(refused.error().detail, "ERR value is not an integer or out of range");
  EXPECT_TRUE(client->is_connected());
}

}  // namespace
}  // namespace parley::redis
