// RFC 9112 as our clients see it: framing, order, refusals, deadlines.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "http/testing.hpp"
#include "net/shard.hpp"

namespace parley::http {
namespace {

using namespace std::chrono_literals;

Task<Response> describe(Request request) {
  std::string text{to_string(request.method)};
  text += ' ' + request.path;
  for (const auto& [key, value] : request.query) text += " " + key + "=" + value;
  for (const auto& param : request.params) text += " :" + param;
  if (!request.body.empty()) text += " [" + request.body + "]";
  co_return Response::text(200, text);
}

Task<Response> wait_a_little(Request request) {
  co_await net::sleep_for(1ms);
  co_return Response::text(200, "late " + request.path);
}

Task<Response> throw_up(Request) {
  throw std::runtime_error("oops");
  co_return Response{};
}

Task<Response> with_a_field(Request request, Handler next) {
  const std::string route{request.route};
  Response response = co_await next(std::move(request));
  response.headers.set("X-Field", route);
  co_return response;
}

Task<Response> large(int) { co_return Response::text(200, std::string(10'000, 'x')); }

Task<Response> no_content(Request) {
  Response response;
  response.status = 204;
  response.body = "never sent";
  co_return response;
}

class Http1Test : public testing::Test {
 protected:
  Http1Test() {
    router_.route(Method::get, "/hello", describe);
    router_.route(Method::get, "/items/:id/parts/:part", describe);
    router_.route(Method::post, "/echo", describe, {.max_body = 1000});
    router_.route(Method::put, "/echo", describe);
    router_.route(Method::get, "/late/:n", wait_a_little);
    router_.route(Method::get, "/throw", throw_up);
    router_.route(Method::get, "/nothing", no_content);
    router_.route(Method::get, "/large", [this](Request) { return large(++begun_); });
  }

  Service& service() {
    if (!service_) service_.emplace(config_, router_, 1);
    return *service_;
  }
  FakeClient& client() {
    if (!client_) client_.emplace(shard_, service());
    return *client_;
  }
  std::string ask(std::string_view bytes) { return client().ask(bytes); }
  /// Until `count` answers are there in all.
  std::string wait_for_answers(std::size_t count) {
    std::string all;
    EXPECT_TRUE(net::run_until(shard_, [&] {
      all += client().connection().take_sent();
      std::size_t found = 0;
      for (auto at = all.find("HTTP/1.1 "); at != std::string::npos;
           at = all.find("HTTP/1.1 ", at + 1))
        ++found;
      return found >= count;
    }));
    return all;
  }
  void pass(std::chrono::milliseconds later) {
    net::ShardScope scope{shard_};
    shard_.timers().run(SteadyTime::clock::now() + later);
    client().connection().end_turn();
  }

  int begun_ = 0;
  Router router_;
  Config config_;
  net::Shard shard_{0};
  std::optional<Service> service_;
  std::optional<FakeClient> client_;
};

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}
std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}
bool has(const std::string& answer, std::string_view text) {
  return answer.find(text) != std::string::npos;
}

TEST_F(Http1Test, answers_a_request) {
  const auto answer = ask("GET /hello?a=1&b=x%20y HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "GET /hello a=1 b=x y");
  EXPECT_TRUE(has(answer, "\r\nContent-Length: 20\r\n"));
  EXPECT_TRUE(has(answer, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_TRUE(has(answer, "\r\nDate: "));
  EXPECT_FALSE(has(answer, "Connection:"));
  EXPECT_FALSE(client().is_closed());
}

TEST_F(Http1Test, is_expendable_but_while_a_complete_request_is_served) {
  const auto& connection = client().connection();
  EXPECT_TRUE(connection.is_expendable());
  ask("GET /late/1 HTTP/1.1\r\n");
  EXPECT_TRUE(connection.is_expendable()) << "half a head";
  ask("Host: h\r\n\r\n");
  EXPECT_FALSE(connection.is_expendable());
  wait_for_answers(1);
  EXPECT_TRUE(connection.is_expendable()) << "between requests";
  router_.route(Method::post, "/late/:n", wait_a_little);
  ask("POST /late/2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
  EXPECT_TRUE(connection.is_expendable()) << "half a body";
  ask("b");
  EXPECT_FALSE(connection.is_expendable());
}

TEST_F(Http1Test, reads_requests_that_come_byte_by_byte) {
  std::string all;
  const std::string_view text =
      "\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const char c : text) all += ask({&c, 1});
  EXPECT_TRUE(has(all, "POST /echo [abcdefg]"));
  EXPECT_TRUE(has(all, "GET /hello"));
  EXPECT_FALSE(client().is_closed());
}

TEST_F(Http1Test, reads_an_empty_chunked_body_byte_by_byte) {
  std::string all;
  for (const char c : std::string_view{
           "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    all += ask({&c, 1});
  }
  EXPECT_EQ(body_of(all), "POST /echo");
}

TEST_F(Http1Test, decodes_path_parameters_one_by_one) {
  EXPECT_EQ(body_of(ask("GET /items/a%2Fb/parts/x%20y/ HTTP/1.1\r\nHost: h\r\n\r\n")),
            "GET /items/a/b/parts/x y/ :a/b :x y");
}

TEST_F(Http1Test, takes_the_absolute_form_of_a_target) {
  EXPECT_EQ(body_of(ask("GET http://h:80/hello?q HTTP/1.1\r\nHost: h\r\n\r\n")), "GET /hello q=");
}

TEST_F(Http1Test, answers_pipelined_requests_in_order_though_the_first_takes_longer) {
  ask("GET /late/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\nGET /late/2 "
      "HTTP/1.1\r\n");
  ask("Host: h\r\n\r\n");
  const auto all = wait_for_answers(3);
  const auto first = all.find("late /late/1"), second = all.find("GET /hello"),
             third = all.find("late /late/2");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(Http1Test, pauses_a_peer_that_pipelines_too_much) {
  const std::string one = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string many = "GET /late/1 HTTP/1.1\r\nHost: h\r\n\r\n";
  std::size_t count = 1;
  for (; many.size() < 2 * config_.max_head; ++count) many += one;
  std::string all = ask(many);
  EXPECT_TRUE(client().connection().is_paused());
  all += wait_for_answers(count);
  EXPECT_FALSE(client().connection().is_paused());
}

TEST_F(Http1Test, answers_a_few_of_many_pipelined_requests_a_turn) {
  const std::string one = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string many;
  for (int i = 0; i < 1000; ++i) many += one;
  net::ShardScope scope{shard_};
  shard_.post([&] { client().connection().feed(many); });  // as the poller does, within a turn
  shard_.context().run_one();
  std::vector<std::unique_ptr<net::Timer>> others;
  for (int i = 0; i < 1000; ++i) {
    others.push_back(std::make_unique<net::Timer>(shard_.timers(), nullptr, [](void*) {}));
    others.back()->start(shard_.now() + 1h);
  }
  const std::string at_once = client().connection().take_sent();
  EXPECT_LT(at_once.size(), 5'000U) << "others have their turn before the rest";
  EXPECT_TRUE(client().connection().is_paused());
  std::string next;
  while (next.empty()) {
    shard_.context().run_one();
    next = client().connection().take_sent();
  }
  EXPECT_LT(next.size(), 5'000U) << "however many timers there are";
  const std::size_t answer = at_once.find("GET /hello") + std::string_view{"GET /hello"}.size();
  wait_for_answers(1000 - (at_once.size() + next.size()) / answer);
  EXPECT_FALSE(client().connection().is_paused());
}

TEST_F(Http1Test, what_comes_while_pipelined_requests_wait_for_their_turn_stops_no_deadline) {
  ask("GET /late/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /late/2 HTTP/1.1\r\n");
  wait_for_answers(1);
  ask("Host: h\r\n\r\n");
  wait_for_answers(1);
  ask("GET /hel");
  pass(11s);
  EXPECT_EQ(status_of(client().connection().take_sent()), 408);
}

TEST_F(Http1Test, survives_a_peer_that_leaves_while_its_handler_runs) {
  ask("GET /late/1 HTTP/1.1\r\nHost: h\r\n\r\n");
  client_.reset();
  EXPECT_TRUE(net::run_until(shard_, [begin = SteadyTime::clock::now()] {
    return SteadyTime::clock::now() > begin + 5ms;
  }));
  EXPECT_EQ(shard_.escaped_exceptions(), 0U);
}

TEST_F(Http1Test, keeps_and_closes_as_version_and_connection_say) {
  struct Case {
    std::string_view head;
    bool closes;
    std::string_view connection;
  };
  for (const Case& c :
       {Case{"GET /hello HTTP/1.1\r\nHost: h\r\n", false, ""},
        Case{"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n", true, "close"},
        Case{"GET /hello HTTP/1.0\r\n", true, "close"},
        Case{"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n", false, "keep-alive"}}) {
    client_.reset();
    const auto answer = ask(std::string{c.head} + "\r\n");
    EXPECT_EQ(status_of(answer), 200) << c.head;
    EXPECT_EQ(client().is_closed(), c.closes) << c.head;
    EXPECT_EQ(has(answer, "\r\nConnection: " + std::string{c.connection}), !c.connection.empty())
        << answer;
  }
}

TEST_F(Http1Test, head_is_answered_like_get_without_the_body) {
  const auto answer = ask("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(has(answer, "Content-Length: 11\r\n"));
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(Http1Test, no_content_has_neither_body_nor_length) {
  const auto answer = ask("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(answer), 204);
  EXPECT_EQ(body_of(answer), "");
  EXPECT_FALSE(has(answer, "Content-Length"));
}

TEST_F(Http1Test, unknown_paths_methods_and_options) {
  const auto unknown = ask("GET /unknown HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(unknown), 404);
  EXPECT_EQ(body_of(unknown), R"({"success":false,"message":"Not found","code":"not_found"})");
  const auto method = ask("DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(method), 405);
  EXPECT_TRUE(has(method, "\r\nAllow: POST, PUT, OPTIONS\r\n")) << method;
  const auto options = ask("OPTIONS /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(options), 204);
  EXPECT_TRUE(has(options, "\r\nAllow: GET, HEAD, OPTIONS\r\n")) << options;
  EXPECT_EQ(status_of(ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")), 204);
  EXPECT_EQ(status_of(ask("BREW /hello HTTP/1.1\r\nHost: h\r\n\r\n")), 405);
  EXPECT_FALSE(client().is_closed());
}

TEST_F(Http1Test, an_exception_of_a_handler_is_a_500_and_counted) {
  const auto answer = ask("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_FALSE(has(answer, "oops"));
  EXPECT_EQ(shard_.escaped_exceptions(), 1U);
}

TEST_F(Http1Test, refuses_what_is_malformed_or_ambiguous_and_closes) {
  struct Case {
    std::string_view request;
    int status;
  };
  const Case cases[] = {
      {"GET /hello HTTP/1.1\r\n\r\n", 400},                        // no Host
      {"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  // two of them
      {"GET  /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},            // two spaces
      {"GET /hello\r\n\r\n", 400},                                 // HTTP/0.9
      {"GET /hello HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"GET /hello HTTP/1.1\nHost: h\n\n", 400},                      // bare line feeds
      {"GET /hello HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400},  // obs-fold
      {"GET /hello HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", 400},       // space before the colon
      {"GET /hello HTTP/1.1\r\nHost: h\r\nA\r\n\r\n", 400},           // no colon
      {"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"\x16\x03\x01\x02", 400},  // TLS
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n",
       400},
      {"POST /echo HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: something\r\n\r\nabc", 417},
  };
  for (const Case& c : cases) {
    client_.reset();
    const auto answer = ask(c.request);
    EXPECT_EQ(status_of(answer), c.status) << c.request << " -> " << answer;
    EXPECT_TRUE(client().is_closed()) << c.request;
    EXPECT_TRUE(has(answer, "\r\nConnection: close\r\n")) << c.request;
    EXPECT_TRUE(has(answer, R"("success":false)")) << c.request;
  }
}

TEST_F(Http1Test, refuses_heads_that_are_too_large) {
  const std::string padding(config_.max_head, 'x');
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: h\r\nA: " + padding + "\r\n\r\n")), 431);
  client_.reset();
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: h\r\nA: " + padding)), 431);
  client_.reset();
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n")), 431);
  EXPECT_EQ(service().counts().refused, 3U);
  EXPECT_EQ(service().counts().requests, 0U);
}

TEST_F(Http1Test, reads_a_body_of_a_known_length) {
  EXPECT_EQ(body_of(ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")),
            "POST /echo [hello]");
  EXPECT_EQ(body_of(ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")),
            "POST /echo");
  EXPECT_FALSE(client().is_closed());
}

TEST_F(Http1Test, refuses_a_body_that_is_too_large_before_it_comes) {
  const auto answer = ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_TRUE(client().is_closed());
}

TEST_F(Http1Test, refuses_a_body_that_grows_too_large_while_it_comes) {
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"), "");
  const std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";
  EXPECT_EQ(ask(chunk), "");
  EXPECT_EQ(ask(chunk), "");
  EXPECT_EQ(status_of(ask(chunk)), 413);
  EXPECT_TRUE(client().is_closed());
}

TEST_F(Http1Test, a_refused_body_passes_the_middlewares) {
  router_.use([](Request request, Handler next) {
    return with_a_field(std::move(request), std::move(next));
  });
  const auto answer = ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_TRUE(has(answer, "X-Field: /echo"));
}

TEST_F(Http1Test, a_long_body_that_nobody_wants_is_not_read) {
  const auto wants = [](const Request& request) { return request.query.empty(); };
  router_.route(Method::post, "/picky", describe, {.max_body = 100'000, .wants_body = wants});
  const auto head = [](std::string_view query, std::size_t length) {
    return "POST /picky" + std::string{query} +
           " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
  };
  EXPECT_EQ(body_of(ask(head("?no", 5) + "short")), "POST /picky no= [short]");
  EXPECT_EQ(body_of(ask(head("", 9'000) + std::string(9'000, 'x'))).size(), 9'014u);
  EXPECT_FALSE(client().is_closed());
  EXPECT_EQ(body_of(ask(head("?no", 9'000) + "xxx")), "POST /picky no=");
  EXPECT_TRUE(client().is_closed());
}

TEST_F(Http1Test, begins_no_request_while_its_answers_are_not_taken) {
  client().connection().block();
  const std::string request =
      "GET /large HTTP/1.1\r\nHost: h\r\nX: " + std::string(1000, 'x') + "\r\n\r\n";
  for (int i = 0; i < 10; ++i) ask(request);
  EXPECT_EQ(begun_, 4) << "10,000 bytes each";
  EXPECT_FALSE(client().connection().is_paused()) << "there is little that waits";
  for (int i = 0; i < 20; ++i) ask(request);
  EXPECT_TRUE(client().connection().is_paused());
  EXPECT_EQ(begun_, 4);
  EXPECT_FALSE(client().is_closed());
  client().connection().unblock();
  wait_for_answers(30);
  EXPECT_FALSE(client().connection().is_paused());
}

TEST_F(Http1Test, has_no_deadline_while_it_waits_for_the_peer_and_one_afterwards) {
  config_.head_timeout = 10ms;
  client().connection().block();
  const std::string request = "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
  for (int i = 0; i < 4; ++i) ask(request);
  ask("GET /hel");
  EXPECT_FALSE(net::run_until(
      shard_, [&] { return client().is_closed(); }, 50ms));
  client().connection().unblock();
  const std::string all = wait_for_answers(5);
  EXPECT_TRUE(has(all, "HTTP/1.1 408"));
}

TEST_F(Http1Test, refuses_trailers_without_end) {
  ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
  std::string all;
  for (int i = 0; i < 40 && !client().is_closed(); ++i)
    all += ask("A: " + std::string(1000, 'x') + "\r\n");
  EXPECT_EQ(status_of(all), 400);
  EXPECT_TRUE(client().is_closed());
}

TEST_F(Http1Test, a_body_for_an_unknown_path_is_read_and_the_connection_kept) {
  EXPECT_EQ(status_of(ask("POST /unknown HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")),
            404);
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
}

TEST_F(Http1Test, says_continue_only_to_those_who_wait_for_a_body_we_take) {
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: ";
  EXPECT_EQ(ask(head + "5\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body_of(ask("hello")), "POST /echo [hello]");
  EXPECT_EQ(body_of(ask(head + "5\r\n\r\nhello")), "POST /echo [hello]")
      << "the body is here already";
  const auto refused = ask(head + "5000\r\n\r\n");
  EXPECT_EQ(status_of(refused), 413);
  EXPECT_FALSE(has(refused, "100 Continue"));
}

TEST_F(Http1Test, a_silent_connection_and_a_slow_head_get_408) {
  client();
  pass(9s);
  EXPECT_FALSE(client().is_closed());
  pass(11s);
  EXPECT_EQ(status_of(client().connection().take_sent()), 408);
  EXPECT_TRUE(client().is_closed());

  client_.reset();
  ask("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  ask("GET /hel");
  pass(9s);
  EXPECT_FALSE(client().is_closed());
  ask("lo HTTP/1.1\r\n");
  pass(11s);
  EXPECT_EQ(status_of(client().connection().take_sent()), 408)
      << "each byte does not buy more time";
  EXPECT_EQ(service().counts().timeouts, 2U);
}

TEST_F(Http1Test, a_slow_body_gets_408) {
  ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  pass(29s);
  EXPECT_FALSE(client().is_closed());
  pass(31s);
  EXPECT_EQ(status_of(client().connection().take_sent()), 408);
  EXPECT_TRUE(client().is_closed());
}

TEST_F(Http1Test, an_idle_connection_is_closed_without_a_word) {
  ask("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  pass(64s);
  EXPECT_FALSE(client().is_closed());
  pass(66s);
  EXPECT_TRUE(client().is_closed());
  EXPECT_EQ(client().connection().take_sent(), "");
}

TEST_F(Http1Test, a_handler_has_no_deadline_of_ours) {
  ask("GET /late/1 HTTP/1.1\r\nHost: h\r\n\r\n");
  pass(1h);
  EXPECT_FALSE(client().is_closed());
  EXPECT_TRUE(has(wait_for_answers(1), "late"));
}

TEST_F(Http1Test, draining_closes_idle_connections_now_and_busy_ones_after_their_answer) {
  ask("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  FakeClient busy{shard_, service()};
  busy.ask("GET /late/1 HTTP/1.1\r\nHost: h\r\n\r\n");
  service().start_draining();
  service().drain(shard_);
  client().connection().end_turn();
  EXPECT_TRUE(client().is_closed());
  EXPECT_FALSE(busy.is_closed());
  std::string answer;
  EXPECT_TRUE(
      net::run_until(shard_, [&] { return has(answer += busy.connection().take_sent(), "late"); }));
  EXPECT_TRUE(has(answer, "Connection: close"));
  EXPECT_TRUE(busy.is_closed());
}

TEST_F(Http1Test, draining_does_not_wait_long_for_half_a_request) {
  ask("GET /hello HTTP/1.1\r\nHost:");
  FakeClient body{shard_, service()}, later{shard_, service()};
  body.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf");
  later.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-");
  pass(9s);
  service().start_draining();
  service().drain(shard_);
  pass(4s);
  later.ask("Length: 9\r\n\r\nhalf");
  EXPECT_FALSE(client().is_closed() || body.is_closed() || later.is_closed());
  EXPECT_TRUE(has(body.ask(" more"), "half more")) << "what comes in time is answered";
  pass(6s);
  EXPECT_TRUE(has(client().connection().take_sent(), " 408 "));
  EXPECT_TRUE(has(later.connection().take_sent(), " 408 "));
}

TEST_F(Http1Test, adds_the_fixed_headers_everywhere_unless_the_answer_has_them) {
  config_.fixed_headers.set("X-Frame-Options", "SAMEORIGIN");
  config_.fixed_headers.set("Content-Type", "text/never");
  const auto answer = ask("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(has(answer, "X-Frame-Options: SAMEORIGIN\r\n"));
  EXPECT_FALSE(has(answer, "text/never"));
  EXPECT_TRUE(has(ask("nonsense\r\n\r\n"), "X-Frame-Options: SAMEORIGIN\r\n"));
}

}  // namespace
}  // namespace parley::http
