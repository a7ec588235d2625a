// The rules of the polling transport, request by request.
#include "engineio/polling.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include "engineio/test_rig.hpp"

namespace parley::engineio {
namespace {

using namespace std::chrono_literals;
using http::Method;
using Strings = std::vector<std::string>;

const std::string unknown_session = "400 {\"code\":1,\"message\":\"Session ID unknown\"}";

class PollingSession : public testing::Test {
 protected:
  Session& session() { return *rig.recorder.sessions.back(); }
  void expect_gone() { EXPECT_EQ(outcome(rig.get(sid)), unknown_session); }

  Rig rig;
  std::string sid = rig.open_polling();
};

TEST_F(PollingSession, opens_with_exactly_five_keys) {
  const auto answer = rig.send(Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}}));
  const std::string body = answer->response->body;
  EXPECT_EQ(body, "0{\"sid\":\"" + Rig::sid_in(body) +
                      "\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\"pingTimeout\":"
                      "20000,\"maxPayload\":1000000}");
  EXPECT_EQ(answer->response->headers.find("content-type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(answer->response->headers.find("cache-control"), "no-store");
}

TEST_F(PollingSession, keeps_the_handshake) {
  auto request =
      Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}, {"token", "abc"}});
  request.headers.set("X-Custom", "1");
  request.headers.set("Origin", "https://a.example");
  rig.send(request);
  const Handshake& handshake = session().handshake();
  EXPECT_EQ(handshake.url, "/engine.io/?EIO=4&transport=polling&token=abc");
  const http::Query query = handshake.query();
  EXPECT_EQ(http::find(query, "token"), "abc");
  EXPECT_EQ(handshake.headers.find("x-custom"), "1");
  EXPECT_EQ(handshake.address, "192.0.2.7");
  EXPECT_TRUE(handshake.cross_domain);
  EXPECT_FALSE(handshake.secure);
  EXPECT_EQ(session().transport(), TransportName::polling);
}

#ifndef __SANITIZE_ADDRESS__  // it counts for itself
TEST(PollingOpening, keeps_little_more_than_the_bytes_of_a_query) {
  http::Query query{{"EIO", "4"}, {"transport", "polling"}};
  for (int i = 0; i < 250; ++i) query.emplace_back(std::to_string(i), "");
  Rig rig;
  rig.open_polling();
  auto request = Rig::request(Method::get, std::move(query));
  const auto before = ::mallinfo2();
  {
    const auto exchange = std::make_shared<FakeExchange>(rig.shard, request);
    rig.endpoint->on_head(exchange);
    rig.endpoint->on_body(exchange);
  }
  rig.settle();
  const auto after = ::mallinfo2();
  EXPECT_LT(after.uordblks - before.uordblks, 6'000u);
}
#endif

TEST_F(PollingSession, answers_a_post_with_ok) {
  const auto answer = rig.post(sid, "4hello");
  EXPECT_EQ(outcome(answer), "200 ok");
  EXPECT_EQ(answer->response->headers.find("content-type"), "text/html");
  EXPECT_EQ(answer->response->headers.find("cache-control"), "no-store");
  EXPECT_EQ(rig.recorder.heard, Strings{"text hello"});
}

TEST_F(PollingSession, answers_a_get_with_the_whole_queue_in_order) {
  rig.post(sid,
           "4hello\x1e"
           "bAQIDBA==\x1e"
           "4€");
  EXPECT_EQ(outcome(rig.get(sid)),
            "200 4hello\x1e"
            "bAQIDBA==\x1e"
            "4€");
  EXPECT_EQ(rig.recorder.take_heard(),
            (Strings{"text hello", "binary \x01\x02\x03\x04", "text €"}));
}

TEST_F(PollingSession, holds_a_get_until_a_packet_appears_and_joins_what_one_turn_sends) {
  const auto held = rig.get(sid);
  EXPECT_EQ(outcome(held), "held");
  session().send(Message::text("a"));
  session().send(Message::text("b"));
  TextWriter writer;
  for (const char* text : {"c", "d"}) {
    writer.begin() += text;
    writer.end();
  }
  session().send(writer.frames());
  EXPECT_EQ(outcome(held), "held") << "the turn is not over";
  rig.settle();
  EXPECT_EQ(outcome(held),
            "200 4a\x1e"
            "4b\x1e"
            "4c\x1e"
            "4d");
}

TEST_F(PollingSession, keeps_a_batch_together) {
  const auto held = rig.get(sid);
  const Message batch[] = {Message::text("51-[{\"_placeholder\":true,\"num\":0}]"),
                           Message::binary("\x01")};
  session().send(batch);
  rig.settle();
  EXPECT_EQ(outcome(held),
            "200 451-[{\"_placeholder\":true,\"num\":0}]\x1e"
            "bAQ==");
}

TEST_F(PollingSession, is_writable_with_an_open_get_and_an_empty_queue) {
  EXPECT_FALSE(session().is_writable());
  const auto held = rig.get(sid);
  EXPECT_TRUE(session().is_writable());
  session().send(Message::text("x"));
  EXPECT_FALSE(session().is_writable());
  EXPECT_GT(session().queued_bytes(), 0u);
  rig.settle();
  EXPECT_EQ(session().queued_bytes(), 0u);
  EXPECT_EQ(rig.recorder.heard, Strings{"drain"});
}

TEST_F(PollingSession, ends_on_a_second_get) {
  const auto first = rig.get(sid);
  EXPECT_EQ(outcome(rig.get(sid)), "400 ");
  EXPECT_EQ(outcome(first), "200 1");
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
  expect_gone();
}

TEST_F(PollingSession, ends_on_a_second_post) {
  const auto first = rig.begin(Rig::request(Method::post, Rig::polling(sid)));
  const auto second = rig.begin(Rig::request(Method::post, Rig::polling(sid)));
  EXPECT_EQ(outcome(second), "400 ");
  EXPECT_EQ(outcome(first), "aborted");
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
  expect_gone();
}

TEST_F(PollingSession, ends_when_its_get_is_cancelled) {
  rig.get(sid)->drop();
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
  expect_gone();
}

TEST_F(PollingSession, ends_when_its_post_is_cut_off) {
  const auto held = rig.get(sid);
  rig.begin(Rig::request(Method::post, Rig::polling(sid)))->drop();
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
  EXPECT_EQ(outcome(held), "200 1");
  expect_gone();
}

TEST_F(PollingSession, is_not_disturbed_by_the_end_of_a_connection_that_was_answered) {
  const auto held = rig.get(sid);
  session().send(Message::text("x"));
  rig.settle();
  held->drop();
  EXPECT_TRUE(session().is_open());
}

TEST_F(PollingSession, ends_on_what_is_no_good_post) {
  struct Row {
    std::string body;
    std::string reason;
  };
  const Row rows[] = {
      {"", "parse error"},           {"abc", "parse error"},   {"4a\x1e", "parse error"},
      {"b!!!!", "parse error"},      {"4\xFF", "parse error"}, {"2", "transport error"},
      {"2probe", "transport error"},
  };
  for (const Row& row : rows) {
    Rig other;
    const std::string id = other.open_polling();
    const auto held = other.get(id);
    EXPECT_EQ(outcome(other.post(id, row.body)), "200 ok");
    EXPECT_EQ(other.recorder.take_heard().back(), "close " + row.reason) << row.body;
    EXPECT_TRUE(held->response->body.ends_with("1"));
    EXPECT_EQ(outcome(other.get(id)), unknown_session);
  }
}

TEST_F(PollingSession, reads_nothing_behind_a_bad_element) {
  rig.post(sid,
           "4good\x1e"
           "9bad\x1e"
           "4never");
  EXPECT_EQ(rig.recorder.take_heard(), (Strings{"text good", "close parse error"}));
}

TEST_F(PollingSession, refuses_octet_streams) {
  auto request = Rig::request(Method::post, Rig::polling(sid), "4hello");
  request.headers.set("Content-Type", "application/octet-stream");
  EXPECT_EQ(outcome(rig.send(request)), "400 ");
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
  expect_gone();
}

TEST_F(PollingSession, survives_a_body_over_the_limit) {
  const auto post = rig.begin(Rig::request(Method::post, Rig::polling(sid)));
  rig.endpoint->on_too_large(post);
  EXPECT_EQ(outcome(post), "413 ");
  EXPECT_EQ(outcome(rig.post(sid, "4still here")), "200 ok");
  EXPECT_EQ(rig.recorder.heard, Strings{"text still here"});
}

TEST_F(PollingSession, takes_the_close_of_the_client) {
  const auto held = rig.get(sid);
  EXPECT_EQ(outcome(rig.post(sid, "1")), "200 ok");
  EXPECT_EQ(outcome(held), "200 6");
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport close"});
  expect_gone();
}

TEST_F(PollingSession, answers_a_get_that_its_clients_close_has_overtaken) {
  rig.post(sid,
           "4echo this\x1e"
           "1");
  EXPECT_EQ(rig.recorder.take_heard().back(), "close transport close");
  EXPECT_EQ(outcome(rig.get(sid)), "200 6");
  expect_gone();
}

TEST_F(PollingSession, forgets_a_closed_client_soon) {
  rig.post(sid, "1");
  rig.pass(250ms);
  expect_gone();
}

TEST_F(PollingSession, tolerates_packets_without_meaning) {
  EXPECT_EQ(outcome(rig.post(sid, "6")), "200 ok");
  EXPECT_EQ(outcome(rig.post(sid,
                             "5\x1e"
                             "0\x1e"
                             "3")),
            "200 ok");
  EXPECT_TRUE(session().is_open());
  EXPECT_TRUE(rig.recorder.heard.empty());
}

TEST_F(PollingSession, answers_other_methods_with_500_and_survives) {
  for (const Method method :
       {Method::put, Method::patch, Method::del, Method::head, Method::options}) {
    EXPECT_EQ(outcome(rig.send(Rig::request(method, Rig::polling(sid)))), "500 ");
  }
  EXPECT_TRUE(session().is_open());
}

TEST_F(PollingSession, closed_by_the_server_says_so_in_the_open_get) {
  const auto held = rig.get(sid);
  session().close();
  EXPECT_EQ(outcome(held), "200 1");
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close forced close"});
  expect_gone();
}

TEST_F(PollingSession, closed_without_a_get_waits_for_the_next) {
  session().close();
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close forced close"});
  EXPECT_EQ(outcome(rig.post(sid, "4too late")), "200 ok");
  EXPECT_TRUE(rig.recorder.heard.empty());
  EXPECT_EQ(outcome(rig.get(sid)),
            "200 6\x1e"
            "1");
  expect_gone();
}

TEST_F(PollingSession, flushes_before_it_closes) {
  session().send(Message::text("last words"));
  session().close();
  session().send(Message::text("never"));
  EXPECT_EQ(outcome(rig.get(sid)),
            "200 4last words\x1e"
            "1");
  expect_gone();
}

TEST_F(PollingSession, is_forgotten_when_no_get_comes_after_the_close) {
  session().close();
  rig.pass(29s);
  EXPECT_EQ(outcome(rig.post(sid, "3")), "200 ok");
  rig.pass(2s);
  expect_gone();
}

TEST_F(PollingSession, may_be_closed_from_within_its_own_post) {
  rig.recorder.echoes = false;
  const auto held = rig.get(sid);
  EXPECT_EQ(outcome(rig.post(sid,
                             "4close me\x1e"
                             "4late")),
            "200 ok");
  EXPECT_EQ(outcome(held), "200 1");
  EXPECT_EQ(rig.recorder.take_heard(), (Strings{"text close me", "close forced close"}));
  EXPECT_EQ(rig.recorder.handlers_alive, 0);
}

TEST_F(PollingSession, drops_a_pending_post_when_it_closes) {
  const auto post = rig.begin(Rig::request(Method::post, Rig::polling(sid), "4never"));
  session().close();
  EXPECT_EQ(outcome(post), "aborted");
  rig.finish(post);
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close forced close"});
}

TEST_F(PollingSession, pings_through_the_open_get_and_gives_up) {
  const auto held = rig.get(sid);
  rig.pass(24'900ms);
  EXPECT_EQ(outcome(held), "held");
  rig.pass(200ms);
  EXPECT_EQ(outcome(held), "200 2");
  rig.pass(20s);
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close ping timeout"});
  expect_gone();
}

TEST_F(PollingSession, lives_on_with_its_pongs) {
  rig.pass(25'100ms);
  rig.post(sid, "3");
  rig.pass(19'900ms);
  EXPECT_TRUE(session().is_open());
}

TEST_F(PollingSession, that_is_never_read_is_closed_at_the_limit) {
  for (int i = 0; i < 50 && session().is_open(); ++i) {
    session().send(Message::text(std::string(100'000, 'x')));
  }
  EXPECT_LT(session().queued_bytes(), 4'300'000u);
  EXPECT_TRUE(rig.recorder.heard.empty()) << "not within send";
  rig.pass(1ms);
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
  expect_gone();
}

TEST_F(PollingSession, that_is_never_read_takes_little_memory_for_small_packets_too) {
  for (int i = 0; i < 1'000'000 && session().is_open(); ++i) session().send(Message::text(""));
  EXPECT_LT(rig.server.counts().packets_out, 100'000u)
      << "each takes some 100 bytes, and holds one";
  rig.pass(1ms);
  EXPECT_EQ(rig.recorder.take_heard(), Strings{"close transport error"});
}

/// A POST of more packets than one turn reads.
class LongPost : public PollingSession {
 protected:
  LongPost() {
    rig.recorder.echoes = false;
    std::string body;
    for (int i = 0; i < count; ++i) body.append(i == 0 ? "" : "\x1e").append("4hello");
    post = rig.begin(Rig::request(Method::post, Rig::polling(sid), std::move(body)));
    rig.endpoint->on_body(post);
  }
  std::size_t heard() const { return rig.recorder.heard.size(); }

  static constexpr int count = 50'000;
  Rig::Sent post;
};

TEST_F(LongPost, is_read_a_share_a_turn_and_answered_at_its_end) {
  EXPECT_GT(heard(), 9'000u);
  EXPECT_LT(heard(), 10'000u);
  EXPECT_EQ(outcome(post), "held");
  rig.settle();
  EXPECT_EQ(heard(), std::size_t{count});
  EXPECT_EQ(outcome(post), "200 ok");
}

TEST_F(LongPost, is_read_to_its_end_though_its_peer_goes) {
  post->drop();
  rig.settle();
  EXPECT_EQ(heard(), std::size_t{count});
}

TEST_F(LongPost, bears_no_other_post_meanwhile) {
  auto second = std::make_shared<FakeExchange>(
      rig.shard, Rig::request(Method::post, Rig::polling(sid), "4second"));
  rig.endpoint->on_head(second);
  EXPECT_EQ(outcome(second), "400 ");
  EXPECT_EQ(outcome(post), "200 ok");
  const std::size_t before = heard();
  EXPECT_EQ(rig.recorder.heard.back(), "close transport error");
  rig.settle();
  EXPECT_EQ(heard(), before) << "the rest is dropped";
  expect_gone();
}

TEST_F(LongPost, is_answered_when_the_session_is_closed_meanwhile) {
  session().close();
  EXPECT_EQ(outcome(post), "200 ok");
  const std::size_t before = heard();
  rig.settle();
  EXPECT_EQ(heard(), before);
}

TEST_F(LongPost, lets_a_get_through_meanwhile) {
  auto get =
      std::make_shared<FakeExchange>(rig.shard, Rig::request(Method::get, Rig::polling(sid)));
  rig.endpoint->on_head(get);
  rig.endpoint->on_body(get);
  session().send(Message::text("hi"));
  rig.settle();
  EXPECT_EQ(outcome(get), "200 4hi");
  EXPECT_EQ(heard(), std::size_t{count} + 1) << "the drain too";
}

class EarlyPolling : public testing::Test {
 protected:
  std::optional<std::size_t> limit_of(Method method, const std::string& id) {
    return rig.begin(Rig::request(method, Rig::polling(id)))->max_body;
  }

  Rig rig{small_payloads()};
  std::string sid = rig.open_polling();
};

TEST_F(EarlyPolling, takes_little_from_a_stranger) {
  EXPECT_EQ(limit_of(Method::post, sid), 10u);
  EXPECT_EQ(limit_of(Method::post, ""), std::nullopt) << "refused at once";
}

TEST_F(EarlyPolling, takes_more_from_whom_it_trusts_and_less_when_it_does_not_any_more) {
  Session& session = *rig.recorder.sessions.back();
  session.set_trusted(true);
  const auto post = rig.begin(Rig::request(Method::post, Rig::polling(sid), "4hello"));
  EXPECT_EQ(post->max_body, std::nullopt);
  rig.finish(post);
  session.set_trusted(false);
  EXPECT_EQ(limit_of(Method::post, sid), 10u);
}

TEST_F(EarlyPolling, takes_as_little_with_a_get) {
  rig.recorder.sessions.back()->set_trusted(true);
  EXPECT_EQ(limit_of(Method::get, sid), 10u);
  EXPECT_EQ(
      rig.begin(Rig::request(Method::get, {{"EIO", "4"}, {"transport", "polling"}}))->max_body,
      10u);
}

TEST(PollingOpening, greets_behind_the_open_packet) {
  Rig rig;
  rig.recorder.greeting = "welcome";
  const std::string sid = rig.open_polling();
  EXPECT_EQ(outcome(rig.get(sid)), "200 4welcome");
}

TEST(PollingOpening, closes_at_once_when_the_application_refuses_the_session) {
  Rig rig;
  rig.recorder.refuses_sessions = true;
  const std::string sid = rig.open_polling();
  EXPECT_EQ(outcome(rig.get(sid)),
            "200 6\x1e"
            "1");
  EXPECT_EQ(outcome(rig.get(sid)), unknown_session);
}

}  // namespace
}  // namespace parley::engineio
