// What an account of a real Redis may hear and tell.
#include "nodes/permissions.hpp"

#include <gtest/gtest.h>

#include "net/testing.hpp"
#include "redis/testing.hpp"

namespace parley::nodes {
namespace {

using namespace std::chrono_literals;

class PermissionsTest : public ::testing::Test {
 protected:
  PermissionsTest() { allow({"on", ">secret", "~*", "+@all", "resetchannels"}); }

  void allow(const std::vector<std::string>& rules) {
    redis::Command command{"ACL", "SETUSER", "someone"};
    command.insert(command.end(), rules.begin(), rules.end());
    server_.call(command);
  }
  redis::Config config() const {
    redis::Config config = server_.config();
    config.user = "someone";
    config.password = "secret";
    config.idle_ping = 20ms;
    return config;
  }
  void until(const std::function<bool()>& done) { ASSERT_TRUE(net::run_until(shard_, done)); }

  redis::testing::RedisServer server_;
  net::Shard shard_{0};
};

Task<void> keep(redis::Client& client, redis::Command command,
                std::optional<Result<Done>>& result) {
  std::vector<redis::Command> commands;
  commands.push_back(std::move(command));
  result = co_await try_commands(client, std::move(commands));
}

TEST_F(PermissionsTest, are_tried_and_nothing_is_done) {
  redis::Client client{shard_, config(), "test"};
  redis::Subscriber listener{shard_, server_.config(), "test"};
  int heard = 0;
  listener.subscribe_soon(redis::Kind::channel, "a", [&heard](auto, auto) { ++heard; });
  until([&] { return client.is_connected() && listener.is_connected(); });
  const auto answer = [&](const redis::Command& command) {
    std::optional<Result<Done>> result;
    shard_.spawn("test", keep(client, command, result));
    until([&result] { return result.has_value(); });
    return result->has_value() ? "" : result->error().detail;
  };
  for (const redis::Command& command : {redis::Command{"PUBLISH", "a", "x"},
                                        {"SPUBLISH", "a", "x"},
                                        {"SUBSCRIBE", "a"},
                                        {"PSUBSCRIBE", "a*"},
                                        {"SSUBSCRIBE", "a"}}) {
    allow({"resetchannels"});
    until([&client] { return client.is_connected(); });
    EXPECT_TRUE(answer(command).starts_with("NOPERM")) << command[0];
    allow({"&a", "&a*"});
    EXPECT_EQ(answer(command), "") << command[0];
  }
  allow({"-multi"});
  EXPECT_TRUE(answer({"PUBLISH", "a", "x"}).starts_with("NOPERM"));
  server_.call({"PUBLISH", "a", "the end"});
  until([&heard] { return heard > 0; });
  EXPECT_EQ(heard, 1);
}

TEST_F(PermissionsTest, are_missing_until_everything_may_be_heard_and_told) {
  redis::Client client{shard_, config(), "test"};
  redis::Subscriber listener{shard_, config(), "test"};
  listener.subscribe_soon(redis::Kind::channel, "parley:missed", [](auto, auto) {});
  const Permissions permissions{shard_, client, channels_told(), {&listener}, {5ms}};
  EXPECT_TRUE(permissions.state());
  until([&] { return permissions.refused() == 2; });
  EXPECT_TRUE(
      permissions.state().error().detail.starts_with("refuses to let 1 channels be heard: NOPERM"))
      << permissions.state().error().detail;
  allow({"&parley:missed"});
  until([&] { return permissions.refused() == 1; });
  EXPECT_TRUE(permissions.state().error().detail.starts_with("refuses what is told: NOPERM"))
      << permissions.state().error().detail;
  allow({"&parley:*"});
  until([&] { return permissions.refused() == 0; });
  EXPECT_TRUE(permissions.state());
  server_.stop();
  until([&] { return !client.is_connected(); });
  net::run_until(
      shard_, [] { return false; }, 20ms);
  EXPECT_TRUE(permissions.state()) << "away is not refused";
}

TEST_F(PermissionsTest, are_missing_while_redis_refuses_writes) {
  allow({"allchannels"});
  redis::Client client{shard_, config(), "test"};
  const Permissions permissions{shard_, client, channels_told(), {}, {5ms}};
  until([&client] { return client.is_connected(); });
  EXPECT_FALSE(permissions.refuses_writes());
  ::testing::internal::CaptureStderr();
  server_.call({"CONFIG", "SET", "maxmemory", "1"});
  until([&] { return permissions.refuses_writes(); });  // Though nobody writes.
  const auto state = permissions.state();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, Errc::bad_request);
  EXPECT_TRUE(state.error().detail.starts_with("refuses writes since 2")) << state.error().detail;
  EXPECT_NE(state.error().detail.find("Z: OOM command not allowed"), std::string::npos);
  EXPECT_EQ(permissions.refused(), 0U) << "what is published still goes";
  server_.call({"CONFIG", "SET", "maxmemory", "0"});
  until([&] { return !permissions.refuses_writes(); });
  EXPECT_TRUE(permissions.state());
  const std::string log = ::testing::internal::GetCapturedStderr();
  const auto begins = log.find("Redis refuses writes"), ends = log.find("Redis takes writes again");
  EXPECT_NE(log.find("OOM command", begins), std::string::npos) << log;
  EXPECT_NE(ends, std::string::npos) << log;
  EXPECT_EQ(log.rfind("Redis refuses writes"), begins) << "once: " << log;
}

}  // namespace
}  // namespace parley::nodes
