#include "socketio/client.hpp"

#include <gtest/gtest.h>

#include "engineio/testing.hpp"
#include "socketio/server.hpp"

namespace parley::socketio {
namespace {

using engineio::CloseReason;
using Texts = std::vector<std::string>;

using Refusal = std::optional<ConnectError>;

// A capturing lambda is never itself a coroutine: those in the tests call one of these.
Task<Refusal> let_in() { co_return std::nullopt; }
Task<Refusal> refuse(ConnectError error) { co_return error; }
Task<Refusal> wait_for(const bool* go) {
  const auto pause = 1ms;
  while (!*go) co_await net::sleep_for(pause);
  co_return std::nullopt;
}
Task<Refusal> fall_over() {
  throw std::runtime_error("bug");
  co_return std::nullopt;
}

/// A server on one shard that is not started, and one raw engine session.
class ClientTest : public testing::Test {
 protected:
  ClientTest() : ClientTest(Config{}) {}
  explicit ClientTest(Config config) : io(shards, std::move(config)) {
    io.of("/").on_disconnect(
        [this](const auto&, DisconnectReason reason) { reasons.emplace_back(reason); });
  }
  ~ClientTest() override {
    if (session) session->close();
  }

  void open() {
    session = std::make_unique<engineio::FakeSession>(shards[0]);
    session->open(io.application());
    run();
  }
  void run() {
    shards[0].context().restart();
    shards[0].context().poll();
  }
  void feed(std::string_view text) {
    session->feed_text(text);
    run();
  }
  Texts sent() { return session->take_sent(); }
  /// Joins and gives the sid.
  std::string join(std::string_view nsp = "/") {
    feed(nsp == "/" ? std::string{"0"} : std::string{"0"}.append(nsp) + ",");
    const Texts texts = sent();
    const auto at = texts.empty() ? std::string::npos : texts[0].find("\"sid\":\"");
    return at == std::string::npos ? std::string{} : texts[0].substr(at + 7, 20);
  }
  bool is_closed() const { return session->closed().has_value(); }
  void pass(std::chrono::milliseconds duration) {
    shards[0].timers().run(shards[0].now() + duration);
    run();
  }

  net::Shards shards{1};
  net::ShardScope scope{shards[0]};
  Server io;
  std::unique_ptr<engineio::FakeSession> session;
  Texts reasons;
};

TEST_F(ClientTest, answers_connect_with_a_sid_of_20_characters) {
  open();
  feed("0");
  const Texts texts = sent();
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].substr(0, 9), R"(0{"sid":")");
  EXPECT_EQ(texts[0].size(), 9 + 20 + 2U);
  EXPECT_EQ(texts[0].find(session->id()), std::string::npos);
}

TEST_F(ClientTest, joins_other_namespaces_and_tells_of_unknown_ones) {
  io.of("custom");
  open();
  feed("0/custom");
  EXPECT_EQ(sent().at(0).substr(0, 17), R"(0/custom,{"sid":")");
  feed("0/random");
  EXPECT_EQ(sent(), (Texts{R"(4/random,{"message":"Invalid namespace"})"}));
  EXPECT_FALSE(is_closed());
}

TEST_F(ClientTest, gives_the_auth_payload_to_the_application) {
  Texts auths;
  io.of("/").on_connection(
      [&](const auto& socket) { auths.push_back(json::serialize(socket->handshake().auth)); });
  open();
  feed(R"(0{"token":"x","n":1})");
  feed("1");
  feed("0");
  EXPECT_EQ(auths, (Texts{R"({"token":"x","n":1})", "{}"}));
}

TEST_F(ClientTest, sends_the_connect_reply_before_anything_of_the_application) {
  io.of("/").on_connection(
      [](const auto& socket) { socket->emit("auth", Payload::of({socket->handshake().auth})); });
  open();
  feed("0");
  const Texts texts = sent();
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0][0], '0');
  EXPECT_EQ(texts[1], R"(2["auth",{}])");
}

TEST_F(ClientTest, closes_a_connection_that_joins_nothing) {
  open();
  pass(44s);
  EXPECT_FALSE(is_closed());
  pass(46s);
  EXPECT_EQ(session->closed(), CloseReason::forced_close);
}

TEST_F(ClientTest, cancels_the_connect_timeout_with_the_first_join_only) {
  io.of("/").use([](const auto&) { return refuse({"no", std::nullopt}); });
  io.of("/open");
  open();
  feed("0");
  pass(46s);
  EXPECT_TRUE(is_closed());
  open();
  feed("0/open,");
  pass(46s);
  EXPECT_FALSE(is_closed());
}

TEST_F(ClientTest, closes_a_connection_that_has_left_everything) {
  io.of("/other");
  open();
  join();
  join("/other");
  feed("1");
  pass(50s);
  EXPECT_FALSE(is_closed()) << "it is still in the other";
  feed("1/other,");
  pass(44s);
  EXPECT_FALSE(is_closed());
  pass(46s);
  EXPECT_EQ(session->closed(), CloseReason::forced_close);
}

TEST_F(ClientTest, does_not_close_a_connection_that_joins_again) {
  open();
  join();
  feed("1");
  join();
  pass(50s);
  EXPECT_FALSE(is_closed());
}

TEST_F(ClientTest, gives_a_refused_client_no_more_time) {
  io.of("/").use([](const auto&) { return refuse({"no", std::nullopt}); });
  open();
  pass(44s);
  feed("0");
  pass(46s);
  EXPECT_TRUE(is_closed());
}

TEST_F(ClientTest, trusts_a_session_while_something_is_joined) {
  io.of("/other");
  io.of("/closed").use([](const auto&) { return refuse({"no", std::nullopt}); });
  open();
  EXPECT_FALSE(session->is_trusted());
  feed("0/closed,");
  EXPECT_FALSE(session->is_trusted());
  join();
  EXPECT_TRUE(session->is_trusted());
  join("/other");
  feed("1");
  feed("0/closed,");
  EXPECT_TRUE(session->is_trusted());
  feed("1/other,");
  EXPECT_FALSE(session->is_trusted());
}

TEST_F(ClientTest, refuses_an_auth_that_is_too_large) {
  int asked = 0;
  io.of("/").use([&](const auto&) {
    ++asked;
    return let_in();
  });
  const auto auth_of = [](std::size_t size) {
    return R"({"token":")" + std::string(size - 12, 'x') + R"("})";
  };
  open();
  feed("0" + auth_of(16 * 1024 + 1));
  EXPECT_EQ(sent(), (Texts{R"(4{"message":"Auth too large"})"}));
  EXPECT_EQ(asked, 0);
  EXPECT_FALSE(is_closed());
  feed("0" + auth_of(16 * 1024));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(sent().at(0).substr(0, 8), R"(0{"sid":)");
}

TEST_F(ClientTest, closes_with_forced_close_when_a_packet_cannot_be_read) {
  for (const char* text :
       {"abc", "2{}", R"(2abc["message"])", "", "51-[]", "0[]", R"(2["disconnect"])"}) {
    reasons.clear();
    open();
    join();
    feed(text);
    EXPECT_EQ(session->closed(), CloseReason::forced_close) << text;
    EXPECT_EQ(reasons, (Texts{"forced close"})) << text;
    EXPECT_EQ(sent(), Texts{}) << text;
  }
}

TEST_F(ClientTest, closes_with_forced_server_close_when_a_packet_does_not_fit_the_state) {
  io.of("/other");
  for (const char* text : {"0", R"(2/other,["a"])", "3/other,1[]", "1/other,",
                           R"(4{"message":"x"})", R"(2/unknown,["a"])"}) {
    reasons.clear();
    open();
    join();
    feed(text);
    EXPECT_TRUE(is_closed()) << text;
    EXPECT_EQ(reasons, (Texts{"forced server close"})) << text;
  }
}

TEST_F(ClientTest, closes_when_the_first_packet_is_no_connect) {
  for (const char* text : {R"(2["a"])", "1", "30[]", "4\"x\""}) {
    open();
    feed(text);
    EXPECT_TRUE(is_closed()) << text;
  }
}

TEST_F(ClientTest, bounds_the_namespaces_of_a_connection) {
  for (int i = 0; i < 17; ++i) io.of("/" + std::to_string(i));
  open();
  for (int i = 0; i < 16; ++i) feed("0/" + std::to_string(i) + ",");
  EXPECT_FALSE(is_closed());
  feed("0/16,");
  EXPECT_TRUE(is_closed());
}

TEST_F(ClientTest, bounds_how_often_a_connection_joins) {
  open();
  int joined = 0;
  while (!is_closed() && joined < 1'000) {
    feed("0");
    if (!is_closed()) ++joined;
    feed("1");
  }
  EXPECT_EQ(joined, 100);
  EXPECT_EQ(session->closed(), CloseReason::forced_close);
}

TEST_F(ClientTest, does_not_answer_disconnect_and_lets_the_client_join_again) {
  open();
  const std::string first = join();
  feed("1");
  EXPECT_EQ(sent(), Texts{});
  EXPECT_EQ(reasons, (Texts{"client namespace disconnect"}));
  EXPECT_FALSE(is_closed());
  EXPECT_NE(join(), first);
}

TEST_F(ClientTest, passes_the_engines_reason_on) {
  const std::vector<std::pair<CloseReason, std::string>> rows{
      {CloseReason::transport_close, "transport close"},
      {CloseReason::transport_error, "transport error"},
      {CloseReason::ping_timeout, "ping timeout"},
      {CloseReason::parse_error, "parse error"},
      {CloseReason::forced_close, "forced close"},
      {CloseReason::server_shutdown, "server shutting down"}};
  for (const auto& [reason, word] : rows) {
    reasons.clear();
    open();
    join();
    session->close(reason);
    EXPECT_EQ(reasons, (Texts{word}));
  }
}

TEST_F(ClientTest, dispatches_binary_events_when_they_are_complete) {
  std::vector<std::string> got;
  io.of("/").on("b", [&](const auto&, Event& event) { got = event.payload().attachments; });
  open();
  join();
  feed(R"(52-["b",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  session->feed_binary("x");
  EXPECT_TRUE(got.empty());
  session->feed_binary("y");
  EXPECT_EQ(got, (Texts{"x", "y"}));
  session->feed_binary("z");
  EXPECT_TRUE(is_closed());
}

class SmallPayload : public ClientTest {
 protected:
  static Config small() {
    Config config;
    config.engine.max_payload = 100;
    return config;
  }
  SmallPayload() : ClientTest(small()) {}
};

TEST_F(SmallPayload, bounds_a_packet_and_its_attachments_together) {
  int events = 0;
  io.of("/").on("b", [&](const auto&, Event&) { ++events; });
  open();
  join();
  const std::string header = R"(51-["b",{"_placeholder":true,"num":0}])";
  feed(header);
  session->feed_binary(std::string(100 - header.size(), 'x'));
  EXPECT_EQ(events, 1);
  feed(header);
  session->feed_binary(std::string(101 - header.size(), 'x'));
  EXPECT_EQ(events, 1);
  EXPECT_EQ(session->closed(), CloseReason::forced_close);
  EXPECT_EQ(reasons, (Texts{"forced close"}));
}

TEST_F(ClientTest, asks_the_middlewares_in_order) {
  Texts asked;
  io.of("/")
      .use([&](const auto&) {
        asked.push_back("first");
        return let_in();
      })
      .use([&](const std::shared_ptr<Socket>& socket) {
        asked.push_back("second");
        if (socket->handshake().auth.contains("token")) return let_in();
        return refuse({"Token missing", json::value{{"code", 7}}});
      })
      .on_connection([&](const auto&) { asked.push_back("connected"); });
  open();
  feed("0");
  EXPECT_EQ(asked, (Texts{"first", "second"}));
  EXPECT_EQ(sent(), (Texts{R"(4{"message":"Token missing","data":{"code":7}})"}));
  EXPECT_FALSE(is_closed());
  feed(R"(0{"token":1})");
  EXPECT_EQ(asked, (Texts{"first", "second", "first", "second", "connected"}));
  EXPECT_EQ(sent().at(0).substr(0, 8), R"(0{"sid":)");
}

TEST_F(ClientTest, leaves_data_out_of_a_refusal_without_it) {
  io.of("/").use([](const auto&) { return refuse({"Auth failed", std::nullopt}); });
  open();
  feed("0");
  EXPECT_EQ(sent(), (Texts{R"(4{"message":"Auth failed"})"}));
  EXPECT_TRUE(reasons.empty());
}

TEST_F(ClientTest, refuses_when_a_middleware_throws) {
  io.of("/").use([](const auto&) { return fall_over(); });
  open();
  feed("0");
  EXPECT_EQ(sent(), (Texts{R"(4{"message":"Internal error"})"}));
  EXPECT_EQ(shards[0].escaped_exceptions(), 1U);
}

/// A namespace whose middleware waits until the test lets it go on.
class SlowMiddleware : public ClientTest {
 protected:
  SlowMiddleware() {
    io.of("/").use([this](const auto&) { return wait_for(&go); });
    io.of("/").on_connection([this](const auto&) { ++connections; });
  }
  void finish() {
    go = true;
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    shards[0].context().restart();
    while (std::chrono::steady_clock::now() < deadline &&
           shards[0].context().run_one_for(20ms) > 0) {
    }
  }
  bool go = false;
  int connections = 0;
};

TEST_F(SlowMiddleware, joins_when_it_is_done) {
  open();
  feed("0");
  EXPECT_TRUE(sent().empty());
  finish();
  EXPECT_EQ(connections, 1);
  EXPECT_EQ(sent().size(), 1U);
}

TEST_F(SlowMiddleware, closes_on_a_packet_or_a_second_connect_meanwhile) {
  for (const char* text : {R"(2["a"])", "0", "1"}) {
    open();
    feed("0");
    feed(text);
    EXPECT_TRUE(is_closed()) << text;
  }
  finish();
  EXPECT_EQ(connections, 0);
  EXPECT_TRUE(reasons.empty());
}

TEST_F(SlowMiddleware, drops_a_client_that_went_away_meanwhile) {
  open();
  feed("0");
  session->close(CloseReason::transport_close);
  session.reset();
  finish();
  EXPECT_EQ(connections, 0);
}

TEST_F(ClientTest, makes_dynamic_namespaces_with_their_parents_handlers) {
  Texts joined;
  io.dynamic([](std::string_view name, const json::object& auth) {
      return name.starts_with("/room-") && auth.contains("ok");
    }).on_connection([&](const auto& socket) { joined.push_back(socket->nsp().name()); });
  open();
  feed(R"(0/room-1,{"ok":1})");
  EXPECT_EQ(joined, (Texts{"/room-1"}));
  EXPECT_NE(io.find("/room-1"), nullptr);
  sent();
  feed(R"(0/room-2,{})");
  EXPECT_EQ(sent(), (Texts{R"(4/room-2,{"message":"Invalid namespace"})"}));
}

TEST_F(ClientTest, keeps_no_attachments_of_who_has_not_joined) {
  for (const char* text : {R"(51-["a",{"_placeholder":true,"num":0}])",
                           R"(51-/other,["a",{"_placeholder":true,"num":0}])"}) {
    open();
    feed(text);
    EXPECT_TRUE(is_closed()) << text;
  }
}

class FewDynamicNamespaces : public ClientTest {
 protected:
  static Config few() {
    Config config;
    config.max_dynamic_namespaces = 2;
    return config;
  }
  FewDynamicNamespaces() : ClientTest(few()) {}
};

TEST_F(FewDynamicNamespaces, are_refused_beyond_the_limit) {
  io.dynamic([](std::string_view, const json::object&) { return true; });
  open();
  feed("0/a,");
  feed("0/b,");
  sent();
  feed("0/c,");
  EXPECT_EQ(sent(), (Texts{R"(4/c,{"message":"Invalid namespace"})"}));
}

}  // namespace
}  // namespace parley::socketio
