// What an Endpoint may do with its exchange: answer, wait, lose its peer, take over, move.
#include "http/exchange.hpp"

#include <gtest/gtest.h>

#include "http/testing.hpp"

namespace parley::http {
namespace {

using namespace std::chrono_literals;

struct Notes {
  std::string order;
  std::string body;
  std::string client;
  int aborted = 0;
  std::shared_ptr<Exchange> kept;
  std::function<void(std::shared_ptr<Exchange>)> on_head;
  std::function<void(std::shared_ptr<Exchange>)> on_body;
  std::function<void(std::shared_ptr<Exchange>)> on_too_large;
};

class NotedEndpoint final : public Endpoint {
 public:
  explicit NotedEndpoint(Notes& notes) : notes_(notes) {}
  void on_head(std::shared_ptr<Exchange> exchange) override {
    notes_.order += 'h';
    notes_.client = exchange->request().client;
    exchange->on_abort([this] { ++notes_.aborted; });
    if (notes_.on_head) notes_.on_head(exchange);
  }
  void on_body(std::shared_ptr<Exchange> exchange) override {
    notes_.order += 'b';
    notes_.body = exchange->request().body;
    if (notes_.on_body) {
      notes_.on_body(exchange);
    } else {
      exchange->respond(Response::text(200, "got " + notes_.body));
    }
  }
  void on_too_large(std::shared_ptr<Exchange> exchange) override {
    notes_.order += 'l';
    notes_.on_too_large ? notes_.on_too_large(exchange) : Endpoint::on_too_large(exchange);
  }
  std::size_t max_body() const override { return 100; }

 private:
  Notes& notes_;
};

/// The protocol that takes over: gives back what it gets.
class Echo final : public net::Protocol {
 public:
  explicit Echo(net::Connection& connection) : connection_(connection) {}
  void on_bytes(std::span<char> bytes) override { connection_.send({bytes.data(), bytes.size()}); }
  void on_closed(net::CloseCause) override {}

 private:
  net::Connection& connection_;
};

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() {
    router_.mount("/mounted/", std::make_shared<NotedEndpoint>(notes_));
    config_.trusted_proxies = {"192.0.2.0/24"};
  }
  Service& service() {
    if (!service_) service_.emplace(config_, router_, 2);
    return *service_;
  }
  FakeClient& client() {
    if (!client_) client_.emplace(shard_, service());
    return *client_;
  }
  std::string ask(std::string_view bytes) { return client().ask(bytes); }
  std::string post(std::string_view body) {
    return ask("POST /mounted/x HTTP/1.1\r\nHost: h\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + std::string{body});
  }

  Notes notes_;
  Router router_;
  Config config_;
  net::Shard shard_{0};
  net::Shard other_{1};
  std::optional<Service> service_;
  std::optional<FakeClient> client_;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
constexpr std::string_view get = "GET /mounted/x HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(ExchangeTest, head_comes_before_the_body) {
  notes_.on_head = [](auto exchange) { EXPECT_EQ(exchange->request().body, ""); };
  EXPECT_TRUE(has(post("hello"), "got hello"));
  EXPECT_EQ(notes_.order, "hb");
  EXPECT_TRUE(has(ask(get), "got "));
  EXPECT_EQ(notes_.order, "hbhb") << "a request without body completes as well";
}

TEST_F(ExchangeTest, the_client_is_known_at_the_head_though_no_middleware_runs) {
  ask("GET /mounted/x HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n");
  EXPECT_EQ(notes_.client, "198.51.100.7");
}

TEST_F(ExchangeTest, the_endpoint_may_take_less_of_one_body) {
  notes_.on_head = [](auto exchange) { exchange->limit_body(5); };
  EXPECT_TRUE(has(post("hello"), "got hello"));
  EXPECT_TRUE(has(post("hello!"), "HTTP/1.1 413 "));
  EXPECT_EQ(notes_.order, "hbhl");
}

TEST_F(ExchangeTest, a_chunked_body_is_cut_off_there_too) {
  notes_.on_head = [](auto exchange) { exchange->limit_body(5); };
  const auto answer = ask(
      "POST /mounted/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n");
  EXPECT_TRUE(has(answer, "HTTP/1.1 413 "));
  EXPECT_EQ(notes_.order, "hl");
}

TEST_F(ExchangeTest, the_endpoint_cannot_take_more_than_it_said) {
  notes_.on_head = [](auto exchange) { exchange->limit_body(1'000); };
  EXPECT_TRUE(has(post(std::string(101, 'x')), "HTTP/1.1 413 "));
}

TEST_F(ExchangeTest, an_answer_at_the_head_ends_it) {
  notes_.on_head = [](auto exchange) {
    exchange->respond(Response::text(403, "no"));
    EXPECT_FALSE(exchange->is_open());
    exchange->respond(Response::text(200, "ignored"));
  };
  const auto answer = post("hello");
  EXPECT_TRUE(has(answer, "HTTP/1.1 403")) << answer;
  EXPECT_TRUE(has(answer, "Connection: close")) << "the body is unread";
  EXPECT_FALSE(has(answer, "ignored"));
  EXPECT_EQ(notes_.order, "h");
  EXPECT_TRUE(client().is_closed());
}

TEST_F(ExchangeTest, an_answer_at_a_bodiless_head_keeps_the_connection) {
  notes_.on_head = [](auto exchange) { exchange->respond(Response::text(403, "no")); };
  EXPECT_TRUE(has(ask(get), "HTTP/1.1 403"));
  EXPECT_FALSE(client().is_closed());
  EXPECT_TRUE(has(ask(get), "HTTP/1.1 403"));
}

TEST_F(ExchangeTest, an_answer_may_come_much_later_and_lets_the_next_request_in) {
  notes_.on_body = [this](auto exchange) { notes_.kept = exchange; };
  EXPECT_EQ(ask(std::string{get} + std::string{get}), "");
  EXPECT_EQ(notes_.order, "hb");
  std::exchange(notes_.kept, nullptr)->respond(Response::text(200, "first"));
  EXPECT_TRUE(has(client().answer(), "first"));
  EXPECT_EQ(notes_.order, "hbhb");
  notes_.kept->respond(Response::text(200, "second"));
  EXPECT_TRUE(has(client().answer(), "second"));
}

TEST_F(ExchangeTest, tells_once_when_the_peer_leaves_before_the_answer) {
  notes_.on_body = [this](auto exchange) { notes_.kept = exchange; };
  ask(get);
  client().connection().drop(net::CloseCause::error);
  EXPECT_EQ(notes_.aborted, 1);
  EXPECT_FALSE(notes_.kept->is_open());
  notes_.kept->respond(Response::text(200, "into the void"));
  notes_.kept->abort();
  EXPECT_EQ(notes_.aborted, 1);
  int late = 0;
  notes_.kept->on_abort([&late] { ++late; });
  EXPECT_EQ(late, 1) << "it has happened already";
}

TEST_F(ExchangeTest, tells_when_the_peer_leaves_within_the_body) {
  ask("POST /mounted/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  client().connection().drop();
  EXPECT_EQ(notes_.aborted, 1);
  EXPECT_EQ(notes_.order, "h");
}

TEST_F(ExchangeTest, a_broken_or_late_body_is_told_like_a_peer_that_left) {
  EXPECT_TRUE(has(
      ask("POST /mounted/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nzz\r\n"),
      "400"));
  EXPECT_EQ(notes_.aborted, 1);
  client_.reset();
  ask("POST /mounted/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  net::ShardScope scope{shard_};
  shard_.timers().run(SteadyTime::clock::now() + 31s);
  EXPECT_TRUE(has(client().answer(), "408"));
  EXPECT_EQ(notes_.aborted, 2);
}

TEST_F(ExchangeTest, nobody_is_told_of_an_abort_after_the_answer) {
  ask(get);
  client().connection().drop();
  EXPECT_EQ(notes_.aborted, 0);
}

TEST_F(ExchangeTest, abort_ends_the_connection_without_an_answer) {
  notes_.on_head = [](auto exchange) { exchange->abort(); };
  EXPECT_EQ(post("hello"), "");
  EXPECT_TRUE(client().is_closed());
  EXPECT_EQ(notes_.order, "h");
  EXPECT_EQ(notes_.aborted, 0);
}

TEST_F(ExchangeTest, too_large_is_said_instead_of_body_and_may_be_answered_later) {
  std::shared_ptr<Exchange> kept;
  notes_.on_too_large = [&](auto exchange) { kept = exchange; };
  EXPECT_EQ(post(std::string(101, 'x')), "");
  EXPECT_EQ(notes_.order, "hl");
  kept->respond(Response::text(413, "mine"));
  EXPECT_TRUE(has(client().answer(), "mine"));
  EXPECT_TRUE(client().is_closed());
}

TEST_F(ExchangeTest, a_body_that_is_left_is_not_waited_for) {
  std::shared_ptr<Exchange> kept;
  notes_.on_head = [](auto exchange) { exchange->leave_body(); };
  notes_.on_body = [&](auto exchange) { kept = exchange; };
  EXPECT_EQ(ask("POST /mounted/x HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nhell"), "");
  EXPECT_EQ(ask("o"), "");
  EXPECT_EQ(notes_.order, "hb");
  EXPECT_EQ(notes_.body, "");
  kept->respond(Response::text(401, "who are you?"));
  EXPECT_TRUE(has(client().answer(), "who are you?"));
  EXPECT_TRUE(client().is_closed());
}

TEST_F(ExchangeTest, another_protocol_takes_over_with_the_bytes_behind_the_request) {
  std::string leftover;
  notes_.on_head = [&](auto exchange) {
    net::Connection& connection = exchange->take_over(leftover);
    EXPECT_FALSE(exchange->is_open());
    connection.set_protocol(std::make_unique<Echo>(connection));
    connection.send("switched ");
  };
  EXPECT_EQ(ask(std::string{get} + "early"), "switched ");
  EXPECT_EQ(leftover, "early");
  EXPECT_EQ(ask("echo"), "echo");
  EXPECT_EQ(notes_.order, "h");
}

TEST_F(ExchangeTest, another_protocol_may_take_over_later_as_well) {
  notes_.on_body = [this](auto exchange) { notes_.kept = exchange; };
  ask(get);
  ask("early");
  std::string leftover;
  net::Connection& connection = notes_.kept->take_over(leftover);
  connection.set_protocol(std::make_unique<Echo>(connection));
  EXPECT_EQ(leftover, "early");
  EXPECT_EQ(ask("echo"), "echo");
}

TEST_F(ExchangeTest, a_connection_moves_with_its_request_and_what_came_behind) {
  notes_.on_head = [this](auto exchange) {
    if (&exchange->connection().shard() == &other_) return;
    exchange->move_to(other_);
    EXPECT_FALSE(exchange->is_open());
  };
  EXPECT_EQ(ask("POST /mounted/x HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: "
                "198.51.100.7\r\nContent-Length: 5\r\n\r\nhel"),
            "");
  EXPECT_EQ(notes_.order, "h");
  ASSERT_EQ(client().connection().moved_to(), &other_);
  notes_.client.clear();
  const auto there = client().connection().arrive();
  EXPECT_EQ(notes_.order, "hh");
  EXPECT_EQ(notes_.client, "198.51.100.7");
  there->feed("lo" + std::string{get});
  const auto answers = there->take_sent();
  EXPECT_TRUE(has(answers, "got hello"));
  EXPECT_EQ(notes_.order, "hhbhb") << "the next request is of the new shard already";
  EXPECT_EQ(notes_.aborted, 0);
  client_.reset();
  EXPECT_TRUE(there->is_open());
}

TEST_F(ExchangeTest, a_request_may_be_taken_over_where_it_arrives) {
  std::string leftover;
  notes_.on_head = [&](auto exchange) {
    if (&exchange->connection().shard() == &shard_) {
      exchange->move_to(other_);
      return;
    }
    net::Connection& connection = exchange->take_over(leftover);
    connection.set_protocol(std::make_unique<Echo>(connection));
  };
  ask(std::string{get} + "early");
  const auto there = client().connection().arrive();
  EXPECT_EQ(leftover, "early");
  there->feed("echo");
  EXPECT_EQ(there->take_sent(), "echo");
}

}  // namespace
}  // namespace parley::http
