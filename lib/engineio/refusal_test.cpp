#include "engineio/refusal.hpp"

#include <gtest/gtest.h>

#include "engineio/test_rig.hpp"

namespace parley::engineio {
namespace {

using http::Method;

std::string body(int code, const std::string& message) {
  return "{\"code\":" + std::to_string(code) + ",\"message\":\"" + message + "\"}";
}
const std::string unknown_transport = "400 " + body(0, "Transport unknown");
const std::string unknown_session = "400 " + body(1, "Session ID unknown");
const std::string bad_method = "400 " + body(2, "Bad handshake method");
const std::string bad_request = "400 " + body(3, "Bad request");
const std::string forbidden = "403 " + body(4, "Forbidden");
const std::string bad_version = "400 " + body(5, "Unsupported protocol version");

TEST(Refusal, follows_nodes_order_of_checks) {
  struct Row {
    Method method;
    http::Query query;
    std::string answer;
  };
  const Row rows[] = {
      {Method::get, {}, unknown_transport},
      {Method::get, {{"EIO", "4"}}, unknown_transport},
      {Method::get, {{"EIO", "4"}, {"transport", "abc"}}, unknown_transport},
      {Method::get, {{"EIO", "4"}, {"transport", "webtransport"}}, unknown_transport},
      {Method::post, {{"transport", "abc"}, {"sid", "x"}}, unknown_transport},
      {Method::get, {{"EIO", "4"}, {"transport", "polling"}, {"sid", "x"}}, unknown_session},
      {Method::post,
       {{"EIO", "3"}, {"transport", "websocket"}, {"sid", "AAxxxxxxxxxxxxxxxxxx"}},
       unknown_session},
      {Method::post, {{"EIO", "4"}, {"transport", "polling"}}, bad_method},
      {Method::put, {{"EIO", "4"}, {"transport", "polling"}}, bad_method},
      {Method::options, {{"EIO", "4"}, {"transport", "polling"}}, bad_method},
      {Method::post, {{"transport", "websocket"}}, bad_method},
      {Method::get, {{"EIO", "4"}, {"transport", "websocket"}}, bad_request},
      {Method::get, {{"transport", "polling"}}, bad_version},
      {Method::get, {{"EIO", "3"}, {"transport", "polling"}}, bad_version},
      {Method::get, {{"EIO", "abc"}, {"transport", "polling"}, {"sid", ""}}, bad_version},
  };
  Rig rig;
  for (const Row& row : rows) {
    const auto answer = rig.send(Rig::request(row.method, row.query));
    EXPECT_EQ(outcome(answer), row.answer);
    EXPECT_EQ(answer->response->headers.find("content-type"), "application/json");
  }
  EXPECT_TRUE(rig.recorder.sessions.empty());
}

TEST(Refusal, checks_version_and_transport_of_a_known_session) {
  Rig rig;
  const std::string sid = rig.open_polling();
  EXPECT_EQ(outcome(rig.send(
                Rig::request(Method::get, {{"EIO", "3"}, {"transport", "polling"}, {"sid", sid}}))),
            bad_request);
  EXPECT_EQ(outcome(rig.send(Rig::request(Method::get, {{"transport", "polling"}, {"sid", sid}}))),
            bad_request);
  EXPECT_EQ(outcome(rig.send(Rig::request(
                Method::get, {{"EIO", "4"}, {"transport", "websocket"}, {"sid", sid}}))),
            bad_request);
  EXPECT_TRUE(rig.recorder.sessions.front()->is_open());
}

TEST(Refusal, refuses_control_characters_in_the_origin) {
  Rig rig;
  auto request = Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}});
  request.headers.set("Origin", "http://a\x01.example");
  EXPECT_EQ(outcome(rig.send(request)), bad_request);
}

TEST(Refusal, asks_the_application_before_the_version) {
  Rig rig;
  rig.recorder.refusal = Error{Errc::forbidden, ""};
  EXPECT_EQ(outcome(rig.send(Rig::request(Method::get, {{"transport", "polling"}}))), forbidden);
  rig.recorder.refusal = Error{Errc::forbidden, "not \"you\""};
  EXPECT_EQ(outcome(rig.send(Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}}))),
            "403 {\"code\":4,\"message\":\"not \\\"you\\\"\"}");
}

TEST(Refusal, of_an_upgrade_is_a_raw_400_with_the_message) {
  const std::pair<http::Query, std::string> rows[] = {
      {{{"EIO", "4"}}, "Transport unknown"},
      {{{"EIO", "4"}, {"transport", "polling"}}, "Bad request"},
      {{{"transport", "websocket"}}, "Unsupported protocol version"},
      {{{"EIO", "abc"}, {"transport", "websocket"}}, "Unsupported protocol version"},
      {{{"EIO", "4"}, {"transport", "websocket"}, {"sid", "nobody"}}, "Session ID unknown"},
  };
  Rig rig;
  for (const auto& [query, message] : rows) {
    const auto exchange = rig.open_websocket(query);
    EXPECT_EQ(rig.head() + rig.behind_head(),
              "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: "
              "text/html\r\nContent-Length: " +
                  std::to_string(message.size()) + "\r\n\r\n" + message);
    EXPECT_TRUE(exchange->socket().is_closed());
  }
}

TEST(Refusal, of_an_upgrade_is_400_even_when_forbidden) {
  Rig rig;
  rig.recorder.refusal = Error{Errc::forbidden, "go away"};
  rig.open_websocket();
  EXPECT_TRUE(rig.head().starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(rig.behind_head(), "go away");
}

TEST(Refusal, of_a_bad_websocket_handshake_names_what_is_wrong) {
  Rig rig;
  auto request = Rig::upgrade_request({{"EIO", "4"}, {"transport", "websocket"}});
  request.headers.set("Sec-WebSocket-Version", "8");
  const auto version = rig.send(request);
  EXPECT_TRUE(version->socket().take_sent().starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
  request.headers.set("Sec-WebSocket-Version", "13");
  request.headers.set("Sec-WebSocket-Key", "short");
  EXPECT_TRUE(rig.send(request)->socket().take_sent().starts_with("HTTP/1.1 400 Bad Request\r\n"));
  request.headers.set("Content-Length", "5");
  EXPECT_EQ(outcome(rig.send(request)), "400 ");
  EXPECT_TRUE(rig.recorder.sessions.empty());
}

TEST(Refusal, comes_when_a_transport_is_disabled) {
  Config config;
  config.polling = false;
  Rig only_websocket{config};
  EXPECT_EQ(outcome(only_websocket.send(
                Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}}))),
            unknown_transport);
  config.polling = true;
  config.websocket = false;
  Rig only_polling{config};
  only_polling.open_websocket();
  EXPECT_EQ(only_polling.behind_head(), "Transport unknown");
  const auto answer =
      only_polling.send(Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}}));
  EXPECT_NE(answer->response->body.find("\"upgrades\":[]"), std::string::npos);
}

TEST(Refusal, comes_at_the_limit_of_sessions) {
  Config config;
  config.max_sessions = 1;
  Rig rig{config};
  const std::string sid = rig.open_polling();
  rig.recorder.sessions.front()->set_trusted(true);
  EXPECT_EQ(outcome(rig.send(Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}}))),
            forbidden);
  rig.post(sid, "1");
  rig.get(sid);
  EXPECT_NE(rig.open_polling(), "");
}

TEST(Refusal, leaves_its_place_to_a_newcomer_who_is_a_stranger_for_longest) {
  Config config;
  config.max_sessions = 3;
  Rig rig{config};
  const std::string first = rig.open_polling();
  const auto get = rig.get(first);
  const auto second = rig.open_websocket();
  rig.open_polling();
  rig.recorder.sessions[1]->set_trusted(true);

  EXPECT_NE(rig.open_polling(), "");
  EXPECT_EQ(outcome(get), "200 1");
  EXPECT_EQ(rig.recorder.take_heard(), std::vector<std::string>{"close forced close"});
  EXPECT_NE(rig.open_polling(), "") << "in the place of the third";
  EXPECT_TRUE(second->socket().is_open());

  rig.recorder.sessions[1]->set_trusted(false);
  rig.recorder.sessions[3]->set_trusted(true);
  rig.recorder.sessions[4]->set_trusted(true);
  EXPECT_NE(rig.open_polling(), "");
  EXPECT_EQ(rig.hear(second), Rig::close_frame());
  EXPECT_EQ(rig.server.counts().displaced, 3u);
  EXPECT_EQ(rig.server.counts().polling, 3u);
  EXPECT_EQ(rig.server.counts().websocket, 0u);
}

TEST(Refusal, comes_not_while_a_session_waits_only_to_say_goodbye) {
  Config config;
  config.max_sessions = 1;
  Rig rig{config};
  const std::string sid = rig.open_polling();
  rig.recorder.sessions.front()->set_trusted(true);
  rig.recorder.sessions.front()->close();
  EXPECT_NE(rig.open_polling(), "");
  EXPECT_EQ(outcome(rig.get(sid)), unknown_session);
}

TEST(Refusal, is_not_the_fate_of_a_connection_whose_session_is_trusted) {
  Rig rig;
  const std::string sid = rig.open_polling();
  const auto get = rig.get(sid);
  EXPECT_TRUE(get->socket().is_expendable());
  rig.recorder.sessions[0]->set_trusted(true);
  EXPECT_FALSE(get->socket().is_expendable());
  rig.recorder.sessions[0]->send(Message::text("news"));
  rig.settle();
  EXPECT_FALSE(rig.get(sid)->socket().is_expendable());

  const auto websocket = rig.open_websocket();
  EXPECT_TRUE(websocket->socket().is_expendable());
  rig.recorder.sessions[1]->set_trusted(true);
  EXPECT_FALSE(websocket->socket().is_expendable());
  rig.recorder.sessions[1]->close();
  EXPECT_TRUE(websocket->socket().is_expendable());
}

TEST(Refusal, enforces_origins_only_when_told) {
  Config config;
  config.origins = {"https://good.example"};
  auto request = Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}});
  request.headers.set("Origin", "https://evil.example");
  Rig lax{config};
  EXPECT_EQ(lax.send(request)->response->status, 200);
  config.enforce_origins = true;
  Rig strict{config};
  EXPECT_EQ(outcome(strict.send(request)), forbidden);
  request.headers.set("Origin", "https://good.example");
  EXPECT_EQ(strict.send(request)->response->status, 200);
  EXPECT_NE(strict.open_polling(), "") << "no browser, no Origin";
  config.origins = {"*"};
  request.headers.set("Origin", "https://evil.example");
  Rig all{config};
  EXPECT_EQ(all.send(request)->response->status, 200);
}

}  // namespace
}  // namespace parley::engineio
