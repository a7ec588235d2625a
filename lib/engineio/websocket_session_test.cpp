// Sessions that are WebSocket from the beginning.
#include <gtest/gtest.h>

#include "engineio/client_session.hpp"
#include "engineio/test_rig.hpp"

namespace parley::engineio {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using websocket::CloseCode;
using websocket::Opcode;

class WebSocketSession : public testing::Test {
 protected:
  Session& session() { return *rig.recorder.sessions.back(); }

  Rig rig;
  Rig::Sent client = rig.open_websocket();
};

TEST_F(WebSocketSession, opens_with_101_and_the_open_packet) {
  EXPECT_EQ(rig.head(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  EXPECT_EQ(rig.behind_head(), Rig::frame("0{\"sid\":\"" + session().id() +
                                          "\",\"upgrades\":[],\"pingInterval\":25000,"
                                          "\"pingTimeout\":20000,\"maxPayload\":1000000}"));
  EXPECT_EQ(session().transport(), TransportName::websocket);
}

TEST_F(WebSocketSession, echoes_text_and_binary) {
  rig.say(client, "4hello");
  EXPECT_EQ(rig.hear(client), Rig::frame("4hello"));
  client->socket().feed(websocket::client_frame(Opcode::binary, "\x01\x02"));
  EXPECT_EQ(rig.hear(client), websocket::encode_frame(Opcode::binary, "\x01\x02"));
  EXPECT_EQ(rig.recorder.take_heard(), (Strings{"text hello", "binary \x01\x02"}));
}

TEST_F(WebSocketSession, reads_what_came_with_the_handshake) {
  auto exchange = std::make_shared<FakeExchange>(
      rig.shard, Rig::upgrade_request({{"EIO", "4"}, {"transport", "websocket"}}));
  exchange->set_leftover(websocket::client_frame(Opcode::text, "4early"));
  rig.endpoint->on_head(exchange);
  rig.settle();
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"text early"});
}

TEST_F(WebSocketSession, ends_by_the_rules_of_its_packets) {
  const std::pair<std::string, std::string> rows[] = {
      {"abc", "close parse error"},   {"", "close parse error"},
      {"2", "close transport error"}, {"2probe", "close transport error"},
      {"1", "close transport close"},
  };
  for (const auto& [text, heard] : rows) {
    Rig other;
    const auto socket = other.open_websocket();
    other.say(socket, text);
    EXPECT_EQ(other.recorder.take_heard(), Strings{heard}) << text;
    EXPECT_EQ(other.hear(socket), Rig::close_frame());
    other.say(socket, "4ignored");
    EXPECT_TRUE(other.recorder.heard.empty());
    EXPECT_EQ(other.server.counts().websocket, 0u);
  }
}

TEST_F(WebSocketSession, tolerates_packets_without_meaning) {
  for (const char* text : {"6", "5", "0", "3"}) rig.say(client, text);
  EXPECT_TRUE(session().is_open());
  EXPECT_EQ(rig.hear(client), "");
}

TEST(EarlyWebSocket, takes_little_from_a_stranger) {
  Rig rig{small_payloads()};
  const auto client = rig.open_websocket();
  rig.say(client, "4" + std::string(9, 'x'));
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"text xxxxxxxxx"});
  rig.hear(client);
  rig.say(client, "4" + std::string(10, 'x'));
  EXPECT_EQ(rig.hear(client), websocket::encode_close(CloseCode::too_big));
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
}

TEST(EarlyWebSocket, takes_more_from_whom_it_trusts_and_less_when_it_does_not_any_more) {
  Rig rig{small_payloads()};
  const auto client = rig.open_websocket();
  rig.recorder.sessions.back()->set_trusted(true);
  rig.say(client, "4" + std::string(99, 'x'));
  EXPECT_EQ(rig.recorder.take_heard().size(), 1u);
  rig.hear(client);
  rig.recorder.sessions.back()->set_trusted(false);
  rig.say(client, "4" + std::string(10, 'x'));
  EXPECT_EQ(rig.hear(client), websocket::encode_close(CloseCode::too_big));
}

TEST(EarlyWebSocket, may_send_what_max_payload_says_when_nothing_else_does) {
  Config config;
  config.max_payload = 5'000'000;
  Rig rig{config};
  const auto client = rig.open_websocket();
  rig.say(client, "4" + std::string(4'000'000, 'x'));
  EXPECT_EQ(rig.recorder.take_heard().size(), 1u);
}

TEST_F(WebSocketSession, closes_with_1009_over_the_limit) {
  client->socket().feed(websocket::client_frame(Opcode::text, std::string(1'000'001, '4')));
  EXPECT_EQ(client->socket().take_sent(), websocket::encode_close(CloseCode::too_big));
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
}

TEST_F(WebSocketSession, tells_why_the_connection_went) {
  const std::pair<net::CloseCause, std::string> rows[] = {
      {net::CloseCause::peer, "close transport close"},
      {net::CloseCause::error, "close transport error"},
      {net::CloseCause::slow_consumer, "close transport error"},
  };
  for (const auto& [cause, heard] : rows) {
    Rig other;
    other.open_websocket()->socket().drop(cause);
    EXPECT_EQ(other.recorder.take_heard(), Strings{heard});
  }
}

TEST_F(WebSocketSession, takes_a_close_frame_as_transport_close) {
  client->socket().feed(websocket::client_frame(Opcode::close, "\x03\xE8"));
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport close"});
  EXPECT_EQ(rig.hear(client), websocket::encode_close(CloseCode::normal));
}

TEST_F(WebSocketSession, closed_by_the_server_sends_a_close_frame_without_code) {
  session().send(Message::text("bye"));
  session().close();
  session().send(Message::text("never"));
  EXPECT_EQ(rig.hear(client), Rig::frame("4bye") + Rig::close_frame());
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close forced close"});
}

TEST_F(WebSocketSession, may_be_closed_from_within_a_message) {
  client->socket().feed(websocket::client_frame(Opcode::text, "4close me") +
                        websocket::client_frame(Opcode::text, "4late"));
  rig.settle();
  EXPECT_EQ(rig.recorder.take_heard(), (Strings{"text close me", "close forced close"}));
  EXPECT_EQ(rig.recorder.handlers_alive, 0);
}

TEST_F(WebSocketSession, pings_and_gives_up) {
  rig.pass(24'900ms);
  EXPECT_EQ(rig.hear(client), "");
  rig.pass(200ms);
  EXPECT_EQ(rig.hear(client), Rig::frame("2"));
  rig.say(client, "3");
  EXPECT_TRUE(session().is_open());
  rig.pass(25s);
  EXPECT_EQ(rig.hear(client), Rig::frame("2"));
  rig.pass(20s);
  EXPECT_EQ(rig.hear(client), Rig::close_frame());
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close ping timeout"});
}

TEST_F(WebSocketSession, gives_up_a_silent_peer_at_interval_plus_timeout) {
  rig.pass(25'001ms);
  rig.pass(19'990ms);
  EXPECT_TRUE(session().is_open());
  rig.pass(20ms);
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close ping timeout"});
}

TEST_F(WebSocketSession, is_closed_when_its_peer_does_not_read) {
  session().set_trusted(true);
  client->socket().block();
  rig.recorder.heard.clear();
  for (int i = 0; i < 50; ++i) session().send(Message::text(std::string(100'000, 'x')));
  EXPECT_TRUE(rig.recorder.heard.empty()) << "not within send";
  rig.pass(1ms);
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
  client->socket().end_turn();
  EXPECT_TRUE(client->socket().is_closed());
}

TEST_F(WebSocketSession, sends_messages_of_one_turn_together_and_tells_when_they_left) {
  const Message message = Message::text(std::string(1000, 'x'));
  rig.recorder.heard.clear();
  session().send(message);
  session().send(message);
  EXPECT_EQ(rig.hear(client), *message.frame() + *message.frame());
  EXPECT_EQ(rig.recorder.heard, Strings{"drain"});
}

TEST_F(WebSocketSession, is_writable_unless_blocked) {
  EXPECT_TRUE(session().is_writable());
  client->socket().block();
  session().send(Message::text("x"));
  EXPECT_FALSE(session().is_writable());
  EXPECT_EQ(session().queued_bytes(), 4u);
}

TEST(WebSocketOpening, greets_behind_the_open_packet) {
  Rig rig;
  rig.recorder.greeting = "welcome";
  const auto client = rig.open_websocket();
  EXPECT_LT(rig.behind_head().find("0{\"sid\""), 5u) << "behind the frame's head";
  EXPECT_TRUE(rig.behind_head().ends_with(Rig::frame("4welcome")));
}

TEST(WebSocketOpening, closes_at_once_when_the_application_refuses_the_session) {
  Rig rig;
  rig.recorder.refuses_sessions = true;
  const auto client = rig.open_websocket();
  EXPECT_TRUE(rig.behind_head().ends_with(Rig::close_frame()));
}

TEST(WebSocketOpening, agrees_on_deflate_when_enabled) {
  Config config;
  config.per_message_deflate = true;
  Rig rig{config};
  auto request = Rig::upgrade_request({{"EIO", "4"}, {"transport", "websocket"}});
  request.headers.set("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");
  const auto client = rig.send(request);
  EXPECT_NE(client->socket().take_sent().find("Sec-WebSocket-Extensions: permessage-deflate"),
            std::string::npos);
  rig.recorder.sessions.back()->send(Message::text(std::string(5000, 'z')));
  EXPECT_LT(rig.hear(client).size(), 100u);
}

TEST(WebSocketOpening, keeps_only_the_headers_that_are_asked_for) {
  Config config;
  config.keep_headers = {"x-kept"};
  Rig rig{config};
  auto request = Rig::upgrade_request({{"EIO", "4"}, {"transport", "websocket"}});
  request.headers.set("X-Kept", "yes");
  rig.send(request);
  EXPECT_EQ(rig.recorder.sessions.back()->handshake().headers.all().size(), 1u);
}

TEST(ClientSession, is_small) {
  // What an idle WebSocket session costs besides its handshake's strings; the README gives the
  // figures.
  EXPECT_LE(sizeof(ClientSession), 336u);
  EXPECT_LE(sizeof(websocket::Connection), 72u);
}

}  // namespace
}  // namespace parley::engineio
