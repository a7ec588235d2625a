// Polling to WebSocket.
#include "engineio/upgrade.hpp"

#include <gtest/gtest.h>

#include "engineio/test_rig.hpp"

namespace parley::engineio {
namespace {

using namespace std::chrono_literals;
using http::Method;
using Strings = std::vector<std::string>;
using websocket::Opcode;

class UpgradedSession : public testing::Test {
 protected:
  Session& session() { return *rig.recorder.sessions.back(); }
  /// Probes, and swaps.
  Rig::Sent upgrade() {
    auto client = rig.probe(sid);
    rig.say(client, "2probe");
    rig.say(client, "5");
    EXPECT_EQ(rig.hear(client), Rig::frame("3probe"));
    return client;
  }

  Rig rig;
  std::string sid = rig.open_polling();
};

TEST_F(UpgradedSession, sends_no_open_packet_to_the_probe) {
  const auto client = rig.probe(sid);
  EXPECT_TRUE(rig.head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(rig.behind_head(), "");
  EXPECT_EQ(session().transport(), TransportName::polling);
}

TEST_F(UpgradedSession, answers_the_probe_and_ends_the_open_get_with_a_noop) {
  const auto held = rig.get(sid);
  const auto client = rig.probe(sid);
  EXPECT_EQ(outcome(held), "held");
  rig.say(client, "2probe");
  EXPECT_EQ(rig.hear(client), Rig::frame("3probe"));
  EXPECT_EQ(outcome(held), "200 6");
}

/// Trusts its session.
class TrustedUpgrade : public testing::Test {
 protected:
  TrustedUpgrade() { rig.recorder.sessions.back()->set_trusted(true); }

  Rig rig{small_payloads()};
  std::string sid = rig.open_polling();
};

TEST_F(TrustedUpgrade, takes_little_from_a_probe) {
  const auto client = rig.probe(sid);
  rig.say(client, "2probe" + std::string(5, 'x'));
  EXPECT_EQ(rig.hear(client), websocket::encode_close(websocket::CloseCode::too_big));
}

TEST_F(TrustedUpgrade, takes_more_of_what_came_together_with_the_swap) {
  const auto client = rig.probe(sid);
  rig.say(client, "2probe");
  client->socket().feed(
      websocket::client_frame(websocket::Opcode::text, "5") +
      websocket::client_frame(websocket::Opcode::text, "4" + std::string(99, 'x')));
  rig.settle();
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"text " + std::string(99, 'x')});
}

TEST_F(TrustedUpgrade, takes_more_behind_the_swap) {
  const auto client = rig.probe(sid);
  rig.say(client, "2probe");
  rig.say(client, "5");
  rig.say(client, "4" + std::string(99, 'x'));
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"text " + std::string(99, 'x')});
}

TEST_F(UpgradedSession, answers_every_idle_get_with_a_noop_until_the_swap) {
  const auto client = rig.probe(sid);
  rig.say(client, "2probe");
  EXPECT_EQ(outcome(rig.get(sid)), "200 6");
  EXPECT_EQ(outcome(rig.get(sid)), "200 6");
}

TEST_F(UpgradedSession, sends_packets_on_polling_until_the_swap) {
  const auto client = rig.probe(sid);
  rig.say(client, "2probe");
  rig.hear(client);
  session().send(Message::text("still polling"));
  EXPECT_EQ(rig.hear(client), "");
  EXPECT_EQ(outcome(rig.get(sid)), "200 4still polling");
  EXPECT_EQ(outcome(rig.post(sid, "4up")), "200 ok");
}

TEST_F(UpgradedSession, flushes_the_queue_to_the_websocket_at_the_swap) {
  const auto client = rig.probe(sid);
  rig.say(client, "2probe");
  session().send(Message::text("queued"));
  session().send(Message::binary("\x01"));
  rig.hear(client);
  rig.say(client, "5");
  EXPECT_EQ(rig.hear(client),
            Rig::frame("4queued") + websocket::encode_frame(Opcode::binary, "\x01"));
  EXPECT_EQ(session().transport(), TransportName::websocket);
  EXPECT_EQ(rig.server.counts().upgraded, 1u);
  EXPECT_EQ(rig.server.counts().websocket, 1u);
  EXPECT_EQ(rig.server.counts().polling, 0u);
}

TEST_F(UpgradedSession, takes_messages_right_behind_the_swap) {
  const auto client = rig.probe(sid);
  client->socket().feed(websocket::client_frame(Opcode::text, "2probe") +
                        websocket::client_frame(Opcode::text, "5") +
                        websocket::client_frame(Opcode::text, "4hello"));
  EXPECT_EQ(rig.hear(client), Rig::frame("3probe") + Rig::frame("4hello"));
}

TEST_F(UpgradedSession, accepts_a_swap_without_a_probe) {
  const auto client = rig.probe(sid);
  rig.say(client, "5");
  EXPECT_EQ(session().transport(), TransportName::websocket);
}

TEST_F(UpgradedSession, ends_a_get_that_is_open_at_the_swap_with_a_noop) {
  const auto held = rig.get(sid);
  const auto client = rig.probe(sid);
  rig.say(client, "5");
  EXPECT_EQ(outcome(held), "200 6");
  EXPECT_TRUE(session().is_open());
}

TEST_F(UpgradedSession, refuses_polling_after_the_swap) {
  const auto client = upgrade();
  const std::string bad_request = "400 {\"code\":3,\"message\":\"Bad request\"}";
  EXPECT_EQ(outcome(rig.get(sid)), bad_request);
  EXPECT_EQ(outcome(rig.post(sid, "4hello")), bad_request);
  rig.say(client, "4hello");
  EXPECT_EQ(rig.hear(client), Rig::frame("4hello"));
}

TEST_F(UpgradedSession, refuses_a_post_whose_body_ends_after_the_swap) {
  const auto client = rig.probe(sid);
  const auto post = rig.begin(Rig::request(Method::post, Rig::polling(sid), "4late"));
  rig.say(client, "5");
  rig.finish(post);
  EXPECT_EQ(outcome(post), "aborted");
  EXPECT_TRUE(rig.recorder.heard.empty());
  EXPECT_TRUE(session().is_open());
}

TEST_F(UpgradedSession, closes_another_websocket_at_once) {
  const auto first = rig.probe(sid);
  const auto second = rig.probe(sid);
  EXPECT_TRUE(rig.head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(rig.behind_head(), Rig::close_frame());
  rig.say(first, "5");
  rig.probe(sid);
  EXPECT_EQ(rig.behind_head(), Rig::close_frame());
  EXPECT_TRUE(session().is_open());
}

TEST_F(UpgradedSession, lives_on_polling_when_the_probe_fails) {
  const auto ways = {
      +[](Rig& r, const Rig::Sent& client) { r.say(client, "4too early"); },
      +[](Rig& r, const Rig::Sent& client) { r.say(client, "2ping"); },
      +[](Rig&, const Rig::Sent& client) {
        client->socket().feed(websocket::client_frame(Opcode::binary, "x"));
      },
      +[](Rig&, const Rig::Sent& client) {
        client->socket().feed(websocket::client_frame(Opcode::close, ""));
      },
      +[](Rig&, const Rig::Sent& client) {
        client->socket().feed(websocket::encode_frame(Opcode::text, "unmasked"));
      },
      +[](Rig&, const Rig::Sent& client) { client->socket().drop(); },
      +[](Rig& r, const Rig::Sent&) { r.pass(10'100ms); },
  };
  for (const auto way : ways) {
    const auto client = rig.probe(sid);
    rig.say(client, "2probe");
    rig.hear(client);
    way(rig, client);
    rig.settle();
    EXPECT_TRUE(session().is_open());
    const auto held = rig.get(sid);
    EXPECT_EQ(outcome(held), "held") << "no noops any more";
    session().send(Message::text("x"));
    rig.settle();
    EXPECT_EQ(outcome(held), "200 4x");
  }
  EXPECT_TRUE(rig.recorder.take_heard().empty());
  upgrade();
  EXPECT_EQ(session().transport(), TransportName::websocket);
}

TEST_F(UpgradedSession, closes_both_sockets_when_the_session_ends_meanwhile) {
  const auto held = rig.get(sid);
  const auto client = rig.probe(sid);
  session().close();
  EXPECT_EQ(outcome(held), "200 1");
  EXPECT_EQ(rig.hear(client), Rig::close_frame());
  rig.say(client, "5");
  EXPECT_EQ(rig.hear(client), "");
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close forced close"});
}

TEST_F(UpgradedSession, has_no_use_for_a_websocket_once_closed) {
  session().close();
  rig.probe(sid);
  EXPECT_EQ(rig.behind_head(), Rig::close_frame());
  EXPECT_EQ(outcome(rig.get(sid)),
            "200 6\x1e"
            "1");
}

TEST_F(UpgradedSession, carries_the_heartbeat_across_the_swap) {
  rig.pass(25'100ms);  // a ping waits for a GET
  const auto client = rig.probe(sid);
  rig.say(client, "5");
  EXPECT_EQ(rig.hear(client), Rig::frame("2"));
  rig.say(client, "3");
  EXPECT_TRUE(session().is_open());
}

TEST_F(UpgradedSession, gives_up_a_client_that_is_dead_after_the_swap) {
  rig.pass(25'100ms);
  const auto client = rig.probe(sid);
  rig.say(client, "5");
  rig.pass(25s);
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close ping timeout"});
}

TEST_F(UpgradedSession, is_not_offered_when_upgrades_are_off) {
  Config config;
  config.allow_upgrades = false;
  Rig other{config};
  const auto answer =
      other.send(Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}}));
  EXPECT_NE(answer->response->body.find("\"upgrades\":[]"), std::string::npos);
  other.probe(Rig::sid_in(answer->response->body));
  EXPECT_TRUE(other.head().starts_with("HTTP/1.1 400 "));
  EXPECT_NE(other.open_websocket(), nullptr);
  EXPECT_TRUE(other.head().starts_with("HTTP/1.1 101 "));
}

}  // namespace
}  // namespace parley::engineio
