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

  /// From now on it refuses writes, and PING.
  void break_saving(const RedisServer& server) {
    {
      const testing::Folder gone;
      server.call({"CONFIG", "SET", "dir", gone.path()});
    }
    server.call({"CONFIG", "SET", "save", "3600 1"});
    server.call({"SET", "change", "1"});
    server.call({"BGSAVE"});
    rig.until([&server] {
      const Reply info = server.call({"INFO", "persistence"});
      return info.text()->find("rdb_last_bgsave_status:err") != std::string::npos;
    });
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

TEST_F(ClientTest, gives_what_a_server_cannot_do_now_as_unavailable) {
  RedisServer server;
  const auto client = connect(server.config());
  server.call({"REPLICAOF", "127.0.0.1", "1"});
  const auto refused = rig.wait(client->call({"SET", "key", "value"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_TRUE(refused.error().detail.starts_with("READONLY")) << refused.error().detail;
  // The name may lead to the new master by now.
  rig.until([&client] { return client->counts().connects == 2; });
  server.call({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(rig.wait(client->call({"SET", "key", "value"})));
}

TEST_F(ClientTest, gives_what_a_server_without_memory_refuses_as_unavailable) {
  RedisServer server;
  const auto client = connect(server.config());
  server.call({"CONFIG", "SET", "maxmemory", "1"});
  const auto refused = rig.wait(client->call({"SET", "key", "value"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable) << refused.error().detail;
  static const Script counting{"return redis.call('INCR', KEYS[1])"};
  const auto stopped = rig.wait(client->eval(counting, {"key"}, {}));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::unavailable) << stopped.error().detail;
  EXPECT_TRUE(client->is_connected());
}

TEST_F(ClientTest, goes_on_with_a_server_that_cannot_save) {
  RedisServer server{{.arguments = {"--enable-protected-configs", "yes"}}};
  break_saving(server);
  const auto client = connect(server.config());
  EXPECT_EQ(*rig.wait(client->call({"PUBLISH", "channel", "text"})), integer(0));
  const auto refused = rig.wait(client->call({"SET", "key", "value"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable) << refused.error().detail;
}

TEST_F(ClientTest, says_that_writes_are_refused_until_they_are_taken) {
  RedisServer server;
  Client client{rig.shard, server.config(), "test"};
  std::string news;
  client.on_refusal([&news](bool refused) { news += refused ? 'r' : 't'; });
  rig.until([&client] { return client.is_connected(); });
  EXPECT_TRUE(client.takes_writes());
  server.call({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_TRUE(rig.wait(client.call({"GET", "key"})));
  EXPECT_FALSE(client.refusal()) << "what is read is not refused";
  EXPECT_FALSE(rig.wait(client.call({"SET", "key", "value"})));
  EXPECT_FALSE(client.takes_writes());
  const auto first = client.refusal();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->reason.starts_with("OOM ")) << first->reason;
  server.call({"CONFIG", "SET", "min-replicas-to-write", "1"});
  server.call({"CONFIG", "SET", "maxmemory", "0"});
  rig.until([&client] { return client.refusal()->reason.starts_with("NOREPLICAS "); });
  EXPECT_EQ(client.refusal()->since, first->since);
  server.call({"CONFIG", "SET", "min-replicas-to-write", "0"});
  rig.until([&client] { return client.takes_writes(); });
  EXPECT_FALSE(client.refusal());
  EXPECT_EQ(news, "rt");
  EXPECT_EQ(client.counts().connects, 1U) << "another connection is no help";
  EXPECT_EQ(client.counts().failures, 0U) << "nobody's command was lost";
  EXPECT_EQ(server.call({"DBSIZE"}), integer(0)) << "nothing was written";
}

TEST_F(ClientTest, notices_what_is_refused_to_those_who_do_not_wait) {
  RedisServer server;
  const auto client = connect(server.config());
  static const Script counting{"return redis.call('INCR', KEYS[1])"};
  for (const auto& write : std::vector<std::function<void()>>{
           [&] {
             client->send({"SET", "key", "value"});
           },
           [&] {
             client->send_transaction({{"SET", "key", "value"}});
           },
           [&] {
             EXPECT_TRUE(rig.wait(client->call_all({{"GET", "key"}, {"INCR", "key"}})));
           },
           [&] { EXPECT_FALSE(rig.wait(client->eval(counting, {"key"}, {}))); }}) {
    server.call({"CONFIG", "SET", "maxmemory", "1"});
    write();
    rig.until([&client] { return client->refusal().has_value(); });
    server.call({"CONFIG", "SET", "maxmemory", "0"});
    rig.until([&client] { return client->takes_writes(); });
  }
}

TEST_F(ClientTest, keeps_a_refusal_over_a_loss_and_ends_it_after) {
  RedisServer server;
  Config config = server.config();
  config.refused_again = 1h;
  const auto client = connect(config);
  server.call({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_FALSE(rig.wait(client->call({"SET", "key", "value"})));
  server.stop();
  rig.until([&client] { return !client->is_connected(); });
  EXPECT_TRUE(client->refusal());
  EXPECT_FALSE(client->takes_writes());
  server.start_again();
  rig.until([&client] { return client->takes_writes(); });
}

TEST_F(ClientTest, says_that_a_server_that_cannot_save_refuses_writes) {
  RedisServer server{{.arguments = {"--enable-protected-configs", "yes"}}};
  const auto client = connect(server.config());
  break_saving(server);
  EXPECT_FALSE(rig.wait(client->call({"SET", "key", "value"})));
  ASSERT_TRUE(client->refusal());
  EXPECT_TRUE(client->refusal()->reason.starts_with("MISCONF ")) << client->refusal()->reason;
  server.call({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
  rig.until([&client] { return client->takes_writes(); });
}

TEST_F(ClientTest, says_that_a_replica_refuses_writes_however_often_it_is_connected) {
  RedisServer server;
  Client client{rig.shard, server.config(), "test"};
  std::string news;
  client.on_refusal([&news](bool refused) { news += refused ? 'r' : 't'; });
  rig.until([&client] { return client.is_connected(); });
  server.call({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_FALSE(rig.wait(client.call({"SET", "key", "value"})));
  rig.until([&client] { return client.counts().connects >= 3; });
  ASSERT_TRUE(client.refusal());
  EXPECT_TRUE(client.refusal()->reason.starts_with("READONLY ")) << client.refusal()->reason;
  server.call({"REPLICAOF", "NO", "ONE"});
  rig.until([&client] { return client.takes_writes(); });
  EXPECT_EQ(news, "rt");
}

TEST_F(ClientTest, asks_for_writes_where_they_change_nothing) {
  RedisServer server;
  const auto client = connect(server.config());
  EXPECT_EQ(*rig.wait(client->call(harmless_write())), integer(0));
  EXPECT_EQ(server.call({"DBSIZE"}), integer(0));
  server.call({"SET", "parley:probe", "text"});
  EXPECT_EQ(*rig.wait(client->call(harmless_write())), integer(4));
  EXPECT_EQ(server.call({"GET", "parley:probe"}), text("text"));
}

TEST_F(ClientTest, counts_nothing_as_lost_that_only_asks_for_life) {
  RedisServer server{{.arguments = {"--enable-protected-configs", "yes"}}};
  Config config = server.config();
  config.idle_ping = 10ms;
  const auto client = connect(config);
  break_saving(server);
  net::run_until(
      rig.shard, [] { return false; }, 200ms);
  EXPECT_EQ(client->counts().failures, 0U);
  EXPECT_EQ(client->counts().connects, 1U);
}

TEST_F(ClientTest, calls_all_in_order_and_keeps_errors_apart) {
  RedisServer server;
  const auto client = connect(server.config());
  const auto replies = rig.wait(
      client->call_all({{"SET", "a", "1"}, {"LPUSH", "a", "x"}, {"INCR", "a"}, {"GET", "a"}}));
  ASSERT_TRUE(replies);
  ASSERT_EQ(replies->size(), 4U);
  EXPECT_EQ((*replies)[0], text("OK"));
  ASSERT_NE((*replies)[1].error(), nullptr);
  EXPECT_TRUE((*replies)[1].error()->text.starts_with("WRONGTYPE"));
  EXPECT_EQ((*replies)[2], integer(2));
  EXPECT_EQ((*replies)[3], text("2"));
  EXPECT_TRUE(rig.wait(client->call_all({}))->empty());
}

TEST(Script, knows_its_digest) {
  EXPECT_EQ(Script{"return 1"}.sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST_F(ClientTest, evaluates_scripts_even_after_the_server_forgot_them) {
  RedisServer server;
  const auto client = connect(server.config());
  const Script script{"return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"};
  for (std::int64_t i = 1; i <= 3; ++i) {
    const auto reply = rig.wait(client->eval(script, {"key"}, {"argument"}));
    ASSERT_TRUE(reply) << reply.error().detail;
    EXPECT_EQ(*reply, (Reply{Reply::Array{text("key"), text("argument"), integer(i)}}));
    if (i == 2) server.call({"SCRIPT", "FLUSH"});
  }
  const auto info = server.call({"INFO", "commandstats"});
  // Sent in full twice: at first, and after the flush.
  EXPECT_NE(info.text()->find("cmdstat_eval:calls=2,"), std::string::npos) << *info.text();
  const Script broken{"return redis.call('NO_SUCH_COMMAND')"};
  EXPECT_EQ(rig.wait(client->eval(broken, {}, {})).error().code, Errc::bad_request);
}

TEST_F(ClientTest, writes_the_commands_of_a_turn_at_once_and_keeps_their_order) {
  RedisServer server;
  const auto client = connect(server.config());
  const auto reads = [&server] {
    const std::string info = *server.call({"INFO", "stats"}).text();
    return std::stoul(info.substr(info.find("total_reads_processed:") + 22));
  };
  const auto before = reads();
  std::size_t done = 0;
  const auto append = [](Client& to, Command command, std::size_t& count) -> Task<void> {
    const auto reply = co_await to.call(std::move(command));
    EXPECT_TRUE(reply);
    ++count;
  };
  for (int i = 0; i < 1000; ++i) {
    Command command{"RPUSH", "list", std::to_string(i)};
    rig.shard.spawn("test", append(*client, command, done));
    client->send(command);
  }
  rig.until([&done] { return done == 1000; });
  // 60 KB, which the server reads in pieces of 16.
  EXPECT_LT(reads() - before, 20U);
  const auto list = rig.wait(client->call({"LRANGE", "list", "0", "-1"}));
  ASSERT_EQ(list->array()->size(), 2000U);
  for (std::size_t i = 0; i < 2000; ++i) {
    ASSERT_EQ(*(*list->array())[i].text(), std::to_string(i / 2));
  }
}

TEST_F(ClientTest, sends_without_waiting_and_counts_what_it_drops) {
  RedisServer server;
  const auto client = connect(server.config());
  client->send({"SET", "a", "1"});
  client->send_transaction({{"INCR", "a"}, {"INCR", "a"}});
  client->send({"NO_SUCH_COMMAND"});
  EXPECT_EQ(*rig.wait(client->call({"GET", "a"})), text("3"));
  EXPECT_EQ(client->counts().commands, 7U);
  EXPECT_EQ(client->counts().failures, 1U);
  EXPECT_EQ(client->counts().dropped, 0U);
  server.stop();
  rig.until([&client] { return !client->is_connected(); });
  client->send({"SET", "a", "1"});
  client->send_transaction({{"INCR", "a"}, {"INCR", "a"}});
  client->send_transaction({});
  EXPECT_EQ(client->counts().dropped, 3U);
}

TEST_F(ClientTest, fails_at_once_while_the_server_is_away_and_comes_back) {
  RedisServer server{{.append_only = true}};
  auto client = std::make_unique<Client>(rig.shard, server.config(), "test");
  std::vector<bool> states;
  client->on_state([&states](bool up) { states.push_back(up); });
  EXPECT_FALSE(client->is_connected());
  EXPECT_EQ(client->last_error(), "not connected yet");
  rig.until([&client] { return client->is_connected(); });
  EXPECT_EQ(client->last_error(), "");
  ASSERT_TRUE(rig.wait(client->call({"SET", "key", "kept"})));

  server.stop();
  rig.until([&client] { return !client->is_connected(); });
  const auto before = std::chrono::steady_clock::now();
  const auto refused = rig.wait(client->call({"GET", "key"}));
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
  EXPECT_NE(client->last_error(), "");
  EXPECT_EQ(client->counts().commands, 1U);

  server.start_again();
  rig.until([&client] { return client->is_connected(); });
  EXPECT_EQ(*rig.wait(client->call({"GET", "key"})), text("kept"));
  EXPECT_EQ(states, (std::vector{true, false, true}));
  EXPECT_EQ(client->counts().connects, 2U);
}

TEST_F(ClientTest, gives_up_on_a_server_that_does_not_answer) {
  RedisServer server;
  Config config = server.config();
  config.command_timeout = 300ms;
  const auto client = connect(config);
  server.pause();
  const auto before = std::chrono::steady_clock::now();
  const auto late = rig.wait(client->call({"SET", "key", "value"}));
  const auto waited = std::chrono::steady_clock::now() - before;
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::unavailable);
  EXPECT_EQ(late.error().detail, "Redis did not answer: no reply in time");
  EXPECT_GE(waited, 300ms);
  EXPECT_LT(waited, 5s);
  EXPECT_FALSE(client->is_connected());
  server.resume();
  rig.until([&client] { return client->is_connected(); });
  EXPECT_TRUE(rig.wait(client->call({"GET", "key"})));
}

TEST_F(ClientTest, notices_a_silent_server_though_nobody_calls) {
  RedisServer server;
  Config config = server.config();
  config.command_timeout = 300ms;
  config.idle_ping = 20ms;
  const auto client = connect(config);
  server.pause();
  rig.until([&client] { return !client->is_connected(); });
  server.resume();
  rig.until([&client] { return client->is_connected(); });
}

TEST_F(ClientTest, takes_no_more_than_its_limits) {
  RedisServer server;
  Config config = server.config();
  config.max_waiting = 3;
  config.max_waiting_bytes = 2000;
  const auto client = connect(config);
  std::vector<Errc> errors;
  std::size_t done = 0;
  const auto call = [](Client& to, Command command, auto& failed, auto& count) -> Task<void> {
    const auto reply = co_await to.call(std::move(command));
    if (!reply) failed.push_back(reply.error().code);
    ++count;
  };
  for (int i = 0; i < 5; ++i) {
    Command command{"INCR", "a"};
    rig.shard.spawn("test", call(*client, std::move(command), errors, done));
  }
  rig.until([&done] { return done == 5; });
  EXPECT_EQ(errors, (std::vector{Errc::overloaded, Errc::overloaded}));
  const auto too_many = rig.wait(client->call_all({{"PING"}, {"PING"}, {"PING"}, {"PING"}}));
  EXPECT_EQ(too_many.error().code, Errc::overloaded);
  const auto too_long = rig.wait(client->call({"SET", "a", std::string(2000, 'x')}));
  EXPECT_EQ(too_long.error().code, Errc::overloaded);
  client->send({"SET", "a", std::string(2000, 'x')});
  EXPECT_EQ(client->counts().dropped, 1U);
  // Nothing of what was refused holds room.
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(rig.wait(client->call({"SET", "a", std::string(1900, 'x')})));
  }
}

TEST_F(ClientTest, tells_those_who_wait_when_it_closes) {
  RedisServer server;
  auto client = connect(server.config());
  server.pause();
  std::optional<Errc> code;
  const auto call = [](Client& to, std::optional<Errc>& failed) -> Task<void> {
    Command ping{"PING"};
    const auto reply = co_await to.call(std::move(ping));
    if (!reply) failed = reply.error().code;
  };
  rig.shard.spawn("test", call(*client, code));
  net::run_ready(rig.shard);
  client.reset();
  rig.until([&code] { return code.has_value(); });
  EXPECT_EQ(code, Errc::closed);
}

TEST_F(ClientTest, may_go_when_it_is_told_of_its_state) {
  RedisServer server;
  for (const bool last_state : {true, false}) {
    auto client = std::make_unique<Client>(rig.shard, server.config(), "test");
    client->on_state([&client, last_state](bool up) {
      if (up == last_state) client.reset();
    });
    if (!last_state) {
      rig.until([&client] { return client->is_connected(); });
      server.stop();
    }
    rig.until([&client] { return client == nullptr; });
    net::run_ready(rig.shard);
  }
}

TEST_F(ClientTest, leaves_with_its_shard_while_somebody_waits) {
  RedisServer server;
  auto client = std::unique_ptr<Client>{};
  {
    net::Shard shard{1};
    client = std::make_unique<Client>(shard, server.config(), "test");
    ASSERT_TRUE(net::run_until(shard, [&client] { return client->is_connected(); }));
    server.pause();
    const auto wait = [](Client& to, std::shared_ptr<int>) -> Task<void> {
      Command ping{"PING"};
      const auto reply = co_await to.call(std::move(ping));
      ADD_FAILURE() << reply.has_value();
    };
    const auto token = std::make_shared<int>();
    shard.spawn("test", wait(*client, token));
    net::run_ready(shard);
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_FALSE(client->is_connected());
}

TEST_F(ClientTest, logs_in_and_chooses_its_database) {
  RedisServer server{{.password = "secret of the test"}};
  Config config = server.config();
  config.database = 2;
  const auto client = connect(config);
  ASSERT_TRUE(rig.wait(client->call({"SET", "key", "value"})));
  const auto list = *rig.wait(client->call({"CLIENT", "LIST"}));
  EXPECT_NE(list.text()->find("name=test "), std::string::npos) << *list.text();
  EXPECT_NE(list.text()->find("db=2 "), std::string::npos) << *list.text();
  EXPECT_TRUE(server.call({"GET", "key"}).is_nil()) << "that was in database 0";
  server.call({"ACL", "SETUSER", "someone", "on", ">other secret", "~*", "+@all"});
  config.user = "someone";
  config.password = "other secret";
  const auto someone = connect(config);
  EXPECT_EQ(*rig.wait(someone->call({"ACL", "WHOAMI"})), text("someone"));
}

TEST_F(ClientTest, says_why_it_cannot_log_in) {
  RedisServer server{{.password = "secret of the test"}};
  const auto error_with = [this](Config config) {
    Client client{rig.shard, std::move(config), "test"};
    rig.until([&client] { return client.last_error() != "not connected yet"; });
    EXPECT_FALSE(client.is_connected());
    EXPECT_EQ(client.last_error().find("secret"), std::string::npos);
    return client.last_error();
  };
  Config config = server.config();
  config.database = 1000;
  EXPECT_EQ(error_with(config), "SELECT: ERR DB index is out of range");
  config.password = "no secret";
  EXPECT_TRUE(error_with(config).starts_with("AUTH: WRONGPASS"));
  config.password = "";
  config.database = 0;
  EXPECT_EQ(error_with(config), "PING: NOAUTH Authentication required.");
  server.stop();
  EXPECT_EQ(error_with(config), "connect: Connection refused");
  config.host = "no-such-host.invalid";
  EXPECT_TRUE(error_with(config).starts_with("resolve: "));
}

TEST_F(ClientTest, speaks_tls_and_checks_the_certificate) {
  RedisServer server{{.tls = true, .password = "secret of the test"}};
  const auto client = connect(server.config());
  const std::string large(1 << 20, 'x');
  ASSERT_TRUE(rig.wait(client->call({"SET", "key", large})));
  EXPECT_EQ(*rig.wait(client->call({"GET", "key"})), text(large));
  const auto error_with = [this](Config config) {
    Client other{rig.shard, std::move(config), "test"};
    rig.until([&other] { return other.last_error() != "not connected yet"; });
    EXPECT_FALSE(other.is_connected());
    return other.last_error();
  };
  Config wrong_name = server.config();
  wrong_name.host = "localhost";
  EXPECT_TRUE(error_with(wrong_name).starts_with("TLS: certificate verify failed"));
  Config unknown = server.config();
  unknown.ca_file = "";
  EXPECT_TRUE(error_with(unknown).starts_with("TLS: certificate verify failed"));
  Config missing = server.config();
  missing.ca_file = "/nowhere";
  EXPECT_TRUE(error_with(missing).starts_with("TLS certificates: "));
  Config plain = server.config();
  plain.port = server.port();
  plain.connect_timeout = 100ms;
  EXPECT_EQ(error_with(plain), "no connection in time");
}

TEST(RedisServer, gives_an_url_that_reads_back) {
  RedisServer server{{.password = "secret"}};
  const auto config = parse_url(server.url());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->port, server.port());
  EXPECT_EQ(config->password, "secret");
}

}  // namespace
}  // namespace parley::redis
