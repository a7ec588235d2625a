// The middlewares, each in a chain of its own, without a connection.
#include <gtest/gtest.h>

#include "http/access_log.hpp"
#include "http/client_address.hpp"
#include "http/cors.hpp"
#include "http/form_body.hpp"
#include "http/json_body.hpp"
#include "http/rate_limit.hpp"
#include "http/security_headers.hpp"
#include "http/testing.hpp"

namespace parley::http {
namespace {

using namespace std::chrono_literals;

Task<Response> fine(Request) { co_return Response::text(200, "fine"); }
Task<Response> throwing(Request) {
  throw std::runtime_error("oops");
  co_return Response{};
}

Task<void> call(Middleware middleware, Request request, Handler handler,
                std::optional<Response>& answer) {
  answer = co_await middleware(std::move(request), std::move(handler));
}

Response run(net::Shard& shard, const Middleware& middleware, Request request,
             Handler handler = fine) {
  std::optional<Response> answer;
  shard.spawn("test", call(middleware, std::move(request), std::move(handler), answer));
  EXPECT_TRUE(net::run_until(shard, [&] { return answer.has_value(); }));
  return answer.value_or(Response{});
}

Request request_from(std::string client,
                     std::initializer_list<std::pair<std::string, std::string>> headers = {}) {
  Request request;
  request.peer = client;
  request.client = std::move(client);
  request.path = request.target = "/x";
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  return request;
}

std::string field(const Response& response, std::string_view name) {
  return std::string{response.headers.find(name).value_or("-")};
}

class MiddlewareTest : public testing::Test {
 protected:
  net::Shards shards_{1};
  net::Shard& shard_ = shards_[0];
};

// CORS.

TEST_F(MiddlewareTest, cors_for_all_says_a_star_and_does_not_vary) {
  const auto answer =
      run(shard_, cors({.origins = {"*"}}), request_from("a", {{"Origin", "https://x"}}));
  EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(field(answer, "Vary"), "-");
  EXPECT_EQ(field(answer, "Access-Control-Allow-Credentials"), "-");
}

TEST_F(MiddlewareTest, cors_reflects_origins_of_its_list_only) {
  const auto middleware = cors({.origins = {"https://a", "https://b"}, .credentials = true});
  const auto known = run(shard_, middleware, request_from("a", {{"Origin", "https://b"}}));
  EXPECT_EQ(field(known, "Access-Control-Allow-Origin"), "https://b");
  EXPECT_EQ(field(known, "Vary"), "Origin");
  EXPECT_EQ(field(known, "Access-Control-Allow-Credentials"), "true");
  for (const char* other : {"https://c", "https://a.evil", "HTTPS://A", "null"}) {
    const auto unknown = run(shard_, middleware, request_from("a", {{"Origin", other}}));
    EXPECT_EQ(field(unknown, "Access-Control-Allow-Origin"), "-") << other;
    EXPECT_EQ(field(unknown, "Vary"), "Origin") << "caches must not mix the two";
    EXPECT_EQ(unknown.body, "fine");
  }
}

TEST_F(MiddlewareTest, cors_lets_pages_of_its_origins_read_the_limits) {
  const auto middleware = cors({.origins = {"https://a"}});
  const auto exposed = [&](const char* origin) {
    const auto answer = run(shard_, middleware, request_from("a", {{"Origin", origin}}));
    return field(answer, "Access-Control-Expose-Headers");
  };
  EXPECT_EQ(exposed("https://a"),
            "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After");
  EXPECT_EQ(exposed("https://b"), "-");
}

TEST_F(MiddlewareTest, cors_answers_preflights_itself) {
  auto request = request_from("a", {{"Origin", "https://a"},
                                    {"Access-Control-Request-Method", "POST"},
                                    {"Access-Control-Request-Headers", "authorization,x-y"}});
  request.method = Method::options;
  const auto answer = run(shard_, cors({.origins = {"https://a"}}), request, throwing);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(field(answer, "Access-Control-Allow-Methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
  EXPECT_EQ(field(answer, "Access-Control-Allow-Headers"), "authorization,x-y");
  EXPECT_EQ(field(answer, "Vary"), "Origin, Access-Control-Request-Headers");
  EXPECT_EQ(field(answer, "Content-Length"), "0");
}

TEST_F(MiddlewareTest, cors_leaves_other_options_requests_alone) {
  auto request = request_from("a");
  request.method = Method::options;
  EXPECT_EQ(run(shard_, cors({.origins = {"*"}}), request).body, "fine");
}

// Security headers.

TEST(SecurityHeaders, are_helmets_and_the_policy_is_ours_to_choose) {
  const Headers usual = security_headers();
  EXPECT_EQ(usual.find("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(usual.find("X-Frame-Options"), "SAMEORIGIN");
  EXPECT_EQ(usual.find("Strict-Transport-Security"), "max-age=31536000; includeSubDomains");
  EXPECT_EQ(usual.find("X-XSS-Protection"), "0");
  EXPECT_TRUE(usual.find("Content-Security-Policy")->starts_with("default-src 'self';"));
  EXPECT_EQ(usual.all().size(), 12U);
  const auto own = security_headers({.content_security_policy = "default-src 'none'"});
  EXPECT_EQ(own.find("Content-Security-Policy"), "default-src 'none'");
  EXPECT_EQ(security_headers({.content_security_policy = ""}).all().size(), 11U);
}

// Access log.

TEST_F(MiddlewareTest, access_log_tells_the_route_and_never_the_path) {
  std::vector<AccessRecord> records;
  const auto middleware =
      access_log([&](const AccessRecord& record) { records.push_back(record); });
  auto request = request_from("a");
  request.method = Method::post;
  request.route = "/users/:id";
  request.body = "12345";
  run(shard_, middleware, request);
  run(shard_, middleware, request_from("a"));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].method, Method::post);
  EXPECT_EQ(records[0].route, "/users/:id");
  EXPECT_EQ(records[0].status, 200);
  EXPECT_EQ(records[0].bytes_in, 5U);
  EXPECT_EQ(records[0].bytes_out, 4U);
  EXPECT_EQ(records[1].route, "unmatched");
}

TEST_F(MiddlewareTest, access_log_records_an_exception_as_500) {
  std::vector<int> statuses;
  std::optional<Response> answer;
  const auto middleware =
      access_log([&](const AccessRecord& record) { statuses.push_back(record.status); });
  shard_.spawn("test", call(middleware, request_from("a"), throwing, answer));
  EXPECT_TRUE(net::run_until(shard_, [&] { return shard_.escaped_exceptions() == 1; }));
  EXPECT_EQ(statuses, std::vector<int>{500});
}

// Rate limit.

const SteadyTime noon{std::chrono::hours{12}};

TEST(RateTable, counts_in_fixed_windows) {
  RateTable table{10};
  EXPECT_EQ(table.hit("a", 60s, noon + 10s).count, 1U);
  const Hit second = table.hit("a", 60s, noon + 20s);
  EXPECT_EQ(second.count, 2U);
  EXPECT_EQ(second.resets_in, 40s);
  EXPECT_EQ(table.hit("b", 60s, noon + 20s).count, 1U);
  EXPECT_EQ(table.hit("a", 60s, noon + 60s).count, 1U) << "a new window";
}

TEST(RateTable, stays_bounded_and_forgets_what_is_over) {
  RateTable table{3};
  for (const char* key : {"a", "b", "c", "d", "e"}) table.hit(key, 60s, noon + 1s);
  EXPECT_EQ(table.size(), 3U);
  table.hit("f", 60s, noon + 61s);
  EXPECT_EQ(table.size(), 1U);
}

TEST(RateTable, goes_on_counting_the_busy_while_somebody_comes_from_everywhere) {
  constexpr std::size_t places = 1'000;
  RateTable table{places};
  for (std::size_t i = 0; i < places; ++i) table.hit("early" + std::to_string(i), 60s, noon);
  for (std::uint64_t hits = 1; hits <= 20; ++hits)
    EXPECT_EQ(table.hit("a newcomer", 60s, noon + 1s).count, hits);
  for (std::size_t i = 0; i < 10 * places; ++i) table.hit(std::to_string(i), 60s, noon + 2s);
  EXPECT_EQ(table.size(), places);
  EXPECT_EQ(table.hit("a newcomer", 60s, noon + 3s).count, 21U);
}

TEST(RateTable, gives_the_place_of_what_is_over_before_any_other) {
  RateTable table{2};
  for (int i = 0; i < 9; ++i) table.hit("over", 1s, noon);
  table.hit("lasting", 3600s, noon);
  table.hit("new", 3600s, noon + 2s);
  EXPECT_EQ(table.hit("lasting", 3600s, noon + 2s).count, 2U);
}

/// Gives what it is told, or an error.
class ScriptedCounter final : public RateCounter {
 public:
  Task<Result<Hit>> hit(std::string key, std::chrono::seconds) override {
    keys.push_back(std::move(key));
    if (broken) co_return fail(Errc::unavailable);
    const Hit hit{++count, 17s};
    co_return hit;
  }
  std::vector<std::string> keys;
  std::uint64_t count = 0;
  bool broken = false;
};

TEST_F(MiddlewareTest, rate_limit_says_how_much_is_left_and_then_refuses) {
  const auto middleware =
      rate_limit(std::make_shared<ScriptedCounter>(), {.name = "auth", .limit = 2});
  const auto first = run(shard_, middleware, request_from("192.0.2.1"));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(field(first, "RateLimit-Limit"), "2");
  EXPECT_EQ(field(first, "RateLimit-Remaining"), "1");
  EXPECT_EQ(field(first, "RateLimit-Reset"), "17");
  run(shard_, middleware, request_from("192.0.2.1"));
  const auto third = run(shard_, middleware, request_from("192.0.2.1"), throwing);
  EXPECT_EQ(third.status, 429);
  EXPECT_EQ(
      third.body,
      R"({"success":false,"message":"Too many requests. Please slow down.","code":"rate_limited"})");
  EXPECT_EQ(field(third, "Retry-After"), "17");
  EXPECT_EQ(field(third, "RateLimit-Remaining"), "0");
}

TEST_F(MiddlewareTest, rate_limit_passes_everything_while_the_counter_fails) {
  auto counter = std::make_shared<ScriptedCounter>();
  counter->broken = true;
  const auto answer =
      run(shard_, rate_limit(counter, {.name = "api", .limit = 1}), request_from("192.0.2.1"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(field(answer, "RateLimit-Limit"), "-");
}

TEST_F(MiddlewareTest, rate_limit_counts_ipv6_clients_by_their_network) {
  auto counter = std::make_shared<ScriptedCounter>();
  const auto middleware = rate_limit(counter, {.name = "n", .limit = 9});
  run(shard_, middleware, request_from("2001:db8:1:2:3:4:5:6"));
  run(shard_, middleware, request_from("::ffff:192.0.2.1"));
  EXPECT_EQ(counter->keys, (std::vector<std::string>{"n:2001:db8:1:2::/64", "n:192.0.2.1"}));
}

TEST_F(MiddlewareTest, rate_limit_leaves_alone_what_it_does_not_apply_to) {
  auto counter = std::make_shared<ScriptedCounter>();
  run(shard_, rate_limit(counter, {.name = "n", .limit = 0}), request_from("192.0.2.1"));
  const auto none = [](const Request& request) { return request.path == "/y"; };
  run(shard_, rate_limit(counter, {.name = "n", .limit = 1, .applies = none}),
      request_from("192.0.2.1"));
  EXPECT_TRUE(counter->keys.empty());
}

TEST(ShardedRateCounter, counts_a_key_once_whichever_shard_asks) {
  net::Shards shards{2};
  shards.start();
  ShardedRateCounter counter{shards};
  std::atomic<int> done{0};
  std::atomic<std::uint64_t> most{0};
  const auto ask = [](ShardedRateCounter& asked, std::atomic<int>& finished,
                      std::atomic<std::uint64_t>& largest) -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      const auto hit = co_await asked.hit("key", 3600s * 24 * 365);
      if (hit && hit->count > largest) largest = hit->count;
    }
    ++finished;
    finished.notify_one();
  };
  for (const auto& shard : shards) shard->spawn("ask", ask(counter, done, most));
  while (done < 2) done.wait(done);
  shards.stop();
  EXPECT_EQ(most, 100U);
}

// Client address.

TEST(TrustedProxies, say_who_the_client_is) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "::1", "2001:db8::/32"});
  ASSERT_TRUE(proxies);
  struct Case {
    std::string_view peer, forwarded, client;
  };
  for (const Case& c :
       {Case{"192.0.2.9", "1.2.3.4", "192.0.2.9"},  // no proxy of ours
        Case{"10.1.2.3", "", "10.1.2.3"},           // says nothing
        Case{"10.1.2.3", "1.2.3.4", "1.2.3.4"},
        Case{"10.1.2.3", "6.6.6.6, 1.2.3.4", "1.2.3.4"},    // the left one is the client's word
        Case{"10.1.2.3", "1.2.3.4, 10.9.9.9", "1.2.3.4"},   // through two of ours
        Case{"10.1.2.3", "10.7.7.7,10.9.9.9", "10.7.7.7"},  // all ours
        Case{"10.1.2.3", "1.2.3.4, nonsense", "10.1.2.3"},
        Case{"10.1.2.3", "nonsense, 1.2.3.4", "1.2.3.4"},
        Case{"10.1.2.3", "1.2.3.4:5678", "1.2.3.4"},
        Case{"10.1.2.3", "[2001:db9::1]:80", "2001:db9::1"},
        Case{"::1", "::ffff:1.2.3.4", "1.2.3.4"}, Case{"2001:db8:5::5", "1.2.3.4", "1.2.3.4"}}) {
    Request request;
    request.peer = c.peer;
    if (!c.forwarded.empty()) request.headers.add("X-Forwarded-For", std::string{c.forwarded});
    proxies->resolve(request);
    EXPECT_EQ(request.client, c.client) << c.peer << " " << c.forwarded;
  }
}

TEST(TrustedProxies, say_whether_the_client_came_by_tls) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8"});
  Request request;
  request.headers.add("X-Forwarded-Proto", "https");
  request.peer = "192.0.2.1";
  proxies->resolve(request);
  EXPECT_FALSE(request.secure);
  request.peer = "10.0.0.1";
  proxies->resolve(request);
  EXPECT_TRUE(request.secure);
}

TEST(Router, lists_its_routes) {
  Router listed;
  const Handler nobody = [](Request) -> Task<Response> { co_return Response{}; };
  listed.route(Method::get, "/people/:id", nobody);
  listed.route(Method::post, "/people", nobody);
  const auto routes = listed.routes();
  ASSERT_EQ(routes.size(), 2u);
  EXPECT_EQ(routes[0].method, Method::get);
  EXPECT_EQ(routes[0].pattern, "/people/:id");
  EXPECT_EQ(routes[1].method, Method::post);
  EXPECT_EQ(routes[1].pattern, "/people");
}

TEST(TrustedProxies, refuse_entries_that_are_none) {
  for (const char* entry :
       {"", "x", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/8x", "10.0.0/8", "/8"}) {
    EXPECT_FALSE(TrustedProxies::parse({entry})) << entry;
  }
  Router router;
  Config config;
  config.trusted_proxies = {"everyone"};
  EXPECT_THROW((Service{config, router, 1}), std::invalid_argument);
}

TEST(TrustedProxies, compare_prefixes_to_the_bit) {
  const auto proxies = TrustedProxies::parse({"172.16.0.0/12"});
  EXPECT_TRUE(proxies->contains(*parse_address("172.31.255.255")));
  EXPECT_FALSE(proxies->contains(*parse_address("172.32.0.0")));
  EXPECT_TRUE(TrustedProxies::parse({"0.0.0.0/0"})->contains(*parse_address("8.8.8.8")));
  EXPECT_FALSE(TrustedProxies::parse({"0.0.0.0/0"})->contains(*parse_address("2001:db8::1")));
}

// JSON bodies.

TEST(json_body, takes_objects_of_the_right_type_only) {
  struct Case {
    std::string_view type, body;
    bool good;
  };
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  for (const Case& c :
       {Case{"application/json", R"({"a":1})", true},
        Case{"Application/JSON ; charset=utf-8", R"({"a":1})", true}, Case{"", R"({"a":1})", true},
        Case{"application/json", "", true}, Case{"text/plain", R"({"a":1})", false},
        Case{"application/jsonp", R"({"a":1})", false}, Case{"application/json", "[1]", false},
        Case{"application/json", "1", false}, Case{"application/json", "{", false},
        Case{"application/json", "{\"a\":\"\xFF\"}", false},
        Case{"application/json", deep, false}}) {
    Request request;
    if (!c.type.empty()) request.headers.add("Content-Type", std::string{c.type});
    request.body = c.body;
    const auto object = json_body(request);
    EXPECT_EQ(object.has_value(), c.good) << c.type << " " << c.body;
    if (!object) {
      EXPECT_EQ(object.error().code, Errc::bad_request);
    }
  }
}

// Forms.

Request form(std::string_view type, std::string body) {
  Request request;
  if (!type.empty()) request.headers.add("Content-Type", std::string{type});
  request.body = std::move(body);
  return request;
}

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

TEST(form_body, reads_fields_as_a_browser_sends_them) {
  const auto fields = form_body(form(form_type, "password=a+b%2B%26%3D%C3%A9&token=x.y-z_&empty="));
  ASSERT_TRUE(fields);
  EXPECT_EQ(*fields, (Query{{"password", "a b+&=é"}, {"token", "x.y-z_"}, {"empty", ""}}));
}

TEST(form_body, lets_the_last_of_duplicates_win) {
  const auto fields = form_body(form(form_type, "a=1&b=2&a=3"));
  ASSERT_TRUE(fields);
  EXPECT_EQ(find(*fields, "a"), "3");
  EXPECT_EQ(fields->size(), 2U);
}

TEST(form_body, takes_text_of_the_right_type_only) {
  struct Case {
    std::string_view type, body;
    bool good;
  };
  for (const Case& c :
       {Case{form_type, "a=1", true}, Case{"", "a=1", true}, Case{"text/plain", "", true},
        Case{"Application/X-WWW-Form-Urlencoded ; charset=UTF-8", "a=1", true},
        Case{"multipart/form-data; boundary=x", "a=1", false}, Case{"text/plain", "a=1", false},
        Case{"application/json", R"({"a":1})", false},
        Case{"application/x-www-form-urlencodedx", "a=1", false}, Case{form_type, "a=%FF", false},
        Case{form_type, "%C3%28=a", false}, Case{form_type, "a=\xED\xA0\x80", false}}) {
    const auto fields = form_body(form(c.type, std::string{c.body}));
    EXPECT_EQ(fields.has_value(), c.good) << c.type << " " << c.body;
    if (!fields) {
      EXPECT_EQ(fields.error().code, Errc::bad_request);
    }
  }
}

TEST(form_body, keeps_no_more_than_256_fields) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + "=v&";
  const auto fields = form_body(form(form_type, many));
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->size(), 256U);
}

}  // namespace
}  // namespace parley::http
