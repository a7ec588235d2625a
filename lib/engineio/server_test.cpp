#include "engineio/server.hpp"

#include <gtest/gtest.h>

#include <map>

#include "engineio/session_id.hpp"
#include "engineio/test_rig.hpp"

namespace parley::engineio {
namespace {

using namespace std::chrono_literals;
using http::Method;
using Strings = std::vector<std::string>;

const http::Query handshake{{"EIO", "4"}, {"transport", "polling"}};

std::map<std::string, std::uint64_t> as_map(
    const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  return {counts.begin(), counts.end()};
}

/// Writes down what was to be forwarded.
class ForwardedRequests final : public Neighbours {
 public:
  void forward(NodeNumber node, std::shared_ptr<http::Exchange> exchange,
               http::Relays::Refuse refuse) override {
    nodes.push_back(node);
    if (refused) return refuse(*exchange, *refused);
    exchange->respond(http::Response::text(200, exchange->request().body + " elsewhere"));
  }
  std::vector<NodeNumber> nodes;
  std::optional<http::NotRelayed> refused;
};

TEST(Server, forwards_a_request_to_the_node_of_its_session) {
  net::Shard shard{0};
  Recorder recorder;
  const auto neighbours = std::make_shared<ForwardedRequests>();
  Config config;
  config.node = 7;
  config.neighbours = neighbours;
  Server server{{&shard}, config, recorder};
  const auto endpoint = server.endpoint();
  const auto ask = [&](const http::Request& request) {
    const auto exchange = std::make_shared<FakeExchange>(shard, request);
    endpoint->on_head(exchange);
    if (exchange->is_open()) endpoint->on_body(exchange);
    return exchange->response;
  };

  const std::string elsewhere = make_session_id({8, 0}), unknown_here = make_session_id({7, 0});
  const auto upgrade =
      Rig::upgrade_request({{"EIO", "4"}, {"transport", "websocket"}, {"sid", elsewhere}});
  EXPECT_EQ(ask(Rig::request(Method::post, Rig::polling(elsewhere), "4a"))->body, "4a elsewhere");
  EXPECT_EQ(ask(Rig::request(Method::get, Rig::polling(elsewhere)))->body, " elsewhere");
  EXPECT_EQ(ask(upgrade)->body, " elsewhere");
  EXPECT_EQ(neighbours->nodes, (std::vector<NodeNumber>{8, 8, 8}));

  EXPECT_EQ(ask(Rig::request(Method::get, Rig::polling(unknown_here)))->status, 400);
  auto relayed = Rig::request(Method::get, Rig::polling(elsewhere));
  relayed.headers.add("Via", "1.1 parley");
  EXPECT_EQ(ask(relayed)->status, 400) << "it does not go in circles";
  EXPECT_EQ(neighbours->nodes.size(), 3u);

  neighbours->refused = http::NotRelayed::unanswered;
  const auto refused = ask(Rig::request(Method::get, Rig::polling(elsewhere)));
  EXPECT_EQ(refused->status, 400);
  EXPECT_NE(refused->body.find("Session ID unknown"), std::string::npos);

  neighbours->refused = http::NotRelayed::no_room;
  for (const auto& request : {Rig::request(Method::get, Rig::polling(elsewhere)), upgrade}) {
    const auto busy = ask(request);
    EXPECT_EQ(busy->status, 503);
    EXPECT_EQ(busy->headers.find("retry-after"), "1");
  }
  EXPECT_EQ(as_map(server.counts().rejected)["not_forwarded"], 2u);
}

TEST(Server, reads_long_bodies_for_other_nodes_as_far_as_there_is_room) {
  net::Shard shard{0};
  Recorder recorder;
  Config config;
  config.node = 7;
  config.neighbours = std::make_shared<ForwardedRequests>();
  config.max_payload = 1'000;
  config.max_early_payload = 10;
  config.max_relayed = 1'500;
  Server server{{&shard}, config, recorder};
  const auto endpoint = server.endpoint();
  const auto begin = [&](std::string field, std::string value) {
    auto request = Rig::request(Method::post, Rig::polling(make_session_id({8, 0})));
    request.headers.set(std::move(field), std::move(value));
    auto exchange = std::make_shared<FakeExchange>(shard, request);
    endpoint->on_head(exchange);
    EXPECT_TRUE(exchange->is_open());
    return exchange;
  };
  auto first = begin("Content-Length", "1000");
  EXPECT_EQ(first->max_body, std::nullopt);
  EXPECT_EQ(begin("Content-Length", "501")->max_body, 10u);
  EXPECT_EQ(begin("Transfer-Encoding", "chunked")->max_body, 10u);
  EXPECT_EQ(begin("Content-Length", "10")->max_body, std::nullopt) << "as anybody may";
  EXPECT_EQ(begin("Content-Length", "500")->max_body, std::nullopt);
  first.reset();
  EXPECT_EQ(begin("Transfer-Encoding", "chunked")->max_body, std::nullopt);
}

TEST(Server, moves_a_request_to_the_shard_of_its_session) {
  net::Shard zero{0};
  net::Shard one{1};
  Recorder recorder;
  Server server{{&zero, &one}, Config{}, recorder};
  const auto endpoint = server.endpoint();
  const auto opened = std::make_shared<FakeExchange>(one, Rig::request(Method::get, handshake));
  endpoint->on_head(opened);
  endpoint->on_body(opened);
  const std::string sid = Rig::sid_in(opened->response->body);
  EXPECT_EQ(home_of(sid)->shard, 1);

  auto upgrade = Rig::upgrade_request({{"EIO", "4"}, {"transport", "websocket"}, {"sid", sid}});
  for (auto request : {Rig::request(Method::get, Rig::polling(sid)),
                       Rig::request(Method::post, Rig::polling(sid), "4a"), upgrade}) {
    const auto strayed = std::make_shared<FakeExchange>(zero, request);
    endpoint->on_head(strayed);
    EXPECT_EQ(strayed->moved_to, &one);
    const auto at_home = std::make_shared<FakeExchange>(one, request);
    endpoint->on_head(at_home);
    EXPECT_EQ(at_home->moved_to, nullptr);
  }
  net::run_ready(one);
}

TEST(Server, gives_newcomers_the_places_of_strangers_on_other_shards) {
  net::Shard zero{0};
  net::Shard one{1};
  Recorder recorder;
  Config config;
  config.max_sessions = 8;
  Server server{{&zero, &one}, config, recorder};
  const auto endpoint = server.endpoint();
  const auto ask = [&](net::Shard& shard, const http::Query& query) {
    const auto exchange = std::make_shared<FakeExchange>(shard, Rig::request(Method::get, query));
    endpoint->on_head(exchange);
    if (exchange->is_open()) endpoint->on_body(exchange);
    net::run_ready(zero);
    net::run_ready(one);
    return exchange->response;
  };
  std::vector<std::string> crowd;
  for (int i = 0; i < 8; ++i) crowd.push_back(Rig::sid_in(ask(zero, handshake)->body));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(ask(one, handshake)->status, 200);
    EXPECT_EQ(ask(zero, Rig::polling(crowd[i]))->status, 400) << "who came first goes first";
  }
  EXPECT_EQ(server.counts().displaced, 4u);
  EXPECT_EQ(server.counts().polling, 8u);
  for (std::size_t i = 4; i < 12; ++i) recorder.sessions[i]->set_trusted(true);
  EXPECT_EQ(ask(zero, handshake)->status, 403);
}

TEST(Server, does_not_move_requests_to_shards_that_do_not_exist) {
  Rig rig;
  EXPECT_EQ(outcome(rig.get("BB" + std::string(18, 'x'))),
            "400 {\"code\":1,\"message\":\"Session ID unknown\"}");
}

TEST(Server, adds_no_cors_headers_by_default) {
  Rig rig;
  auto request = Rig::request(Method::get, handshake);
  request.headers.set("Origin", "https://a.example");
  const auto answer = rig.send(request);
  for (const auto& [name, value] : answer->response->headers.all())
    EXPECT_EQ(name.find("Access-Control"), std::string::npos) << value;
}

TEST(Server, adds_cors_headers_to_every_answer_when_configured) {
  Config config;
  config.origins = {"*"};
  Rig rig{config};
  const std::string sid = rig.open_polling();
  const auto held = rig.get(sid);
  for (const auto& answer : {rig.post(sid, "4x"), held, rig.get("nobody"),
                             rig.send(Rig::request(Method::put, Rig::polling(sid)))}) {
    EXPECT_EQ(answer->response->headers.find("access-control-allow-origin"), "*");
  }
  rig.open_websocket();
  EXPECT_NE(rig.head().find("\r\nAccess-Control-Allow-Origin: *\r\n"), std::string::npos);
}

TEST(Server, reflects_a_listed_origin_with_credentials) {
  Config config;
  config.origins = {"https://a.example", "https://b.example"};
  config.credentials = true;
  Rig rig{config};
  auto request = Rig::request(Method::get, handshake);
  request.headers.set("Origin", "https://b.example");
  const auto good = rig.send(request);
  EXPECT_EQ(good->response->headers.find("access-control-allow-origin"), "https://b.example");
  EXPECT_EQ(good->response->headers.find("access-control-allow-credentials"), "true");
  EXPECT_EQ(good->response->headers.find("vary"), "Origin");
  request.headers.set("Origin", "https://c.example");
  const auto other = rig.send(request);
  EXPECT_EQ(other->response->headers.find("access-control-allow-origin"), std::nullopt);
  EXPECT_EQ(other->response->headers.find("vary"), "Origin");
}

TEST(Server, answers_a_preflight) {
  Config config;
  config.origins = {"https://a.example"};
  Rig rig{config};
  auto request = Rig::request(Method::options, handshake);
  request.headers.set("Origin", "https://a.example");
  request.headers.set("Access-Control-Request-Headers", "authorization,x-token");
  const auto answer = rig.send(request);
  EXPECT_EQ(outcome(answer), "204 ");
  const http::Headers& headers = answer->response->headers;
  EXPECT_EQ(headers.find("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(headers.find("access-control-allow-methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
  EXPECT_EQ(headers.find("access-control-allow-headers"), "authorization,x-token");
  EXPECT_EQ(headers.find("vary"), "Origin, Access-Control-Request-Headers");
  EXPECT_EQ(headers.find("content-length"), "0");
}

TEST(Server, counts_what_happens) {
  Rig rig;
  const std::string sid = rig.open_polling();
  const auto client = rig.open_websocket();
  rig.say(client, "4hello");
  rig.post(sid, "");
  rig.get("nobody");
  const auto counts = rig.server.counts();
  EXPECT_EQ(counts.opened, 2u);
  EXPECT_EQ(counts.polling, 0u);
  EXPECT_EQ(counts.websocket, 1u);
  EXPECT_EQ(counts.packets_in, 1u);
  EXPECT_EQ(counts.packets_out, 1u);
  EXPECT_EQ(as_map(counts.closed).at("parse error"), 1u);
  EXPECT_EQ(as_map(counts.closed).at("slow consumer"), 0u);
  EXPECT_EQ(as_map(counts.rejected).at("session_unknown"), 1u);
}

TEST(Server, closes_all_at_once_without_jitter_and_refuses_new_sessions) {
  Rig rig;
  const auto client = rig.open_websocket();
  const std::string sid = rig.open_polling();
  rig.server.close_all(CloseReason::server_shutdown, 0ms);
  rig.settle();
  EXPECT_EQ(rig.recorder.take_heard(),
            (Strings{"close server shutting down", "close server shutting down"}));
  EXPECT_EQ(rig.hear(client), Rig::close_frame());
  EXPECT_EQ(outcome(rig.get(sid)),
            "200 6\x1e"
            "1");
  EXPECT_EQ(outcome(rig.send(Rig::request(Method::get, handshake))),
            "403 {\"code\":4,\"message\":\"Forbidden\"}");
  EXPECT_EQ(as_map(rig.server.counts().rejected).at("overfull"), 1u);
}

TEST(Server, spreads_the_closing_over_the_jitter) {
  Rig rig;
  std::vector<Rig::Sent> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(rig.open_websocket());
  rig.server.close_all(CloseReason::server_shutdown, 200ms);
  rig.settle();
  const auto open = [&] { return rig.server.counts().websocket; };
  EXPECT_GT(open(), 15u) << "not all at once";
  EXPECT_TRUE(net::run_until(rig.shard, [&] { return open() < 20; }));
  EXPECT_TRUE(net::run_until(rig.shard, [&] { return open() == 0; }));
}

TEST(Server, frees_sessions_and_handlers_after_their_end) {
  Rig rig;
  {
    const auto client = rig.open_websocket();
    client->socket().drop();
  }
  rig.settle();
  EXPECT_EQ(rig.recorder.handlers_alive, 0);
}

TEST(Server, may_go_while_sessions_are_open) {
  net::Shard shard{0};
  Recorder recorder;
  auto server = std::make_unique<Server>(std::vector<net::Shard*>{&shard}, Config{}, recorder);
  const auto endpoint = server->endpoint();
  const auto client = std::make_shared<FakeExchange>(
      shard, Rig::upgrade_request({{"EIO", "4"}, {"transport", "websocket"}}));
  endpoint->on_head(client);
  server.reset();
  EXPECT_EQ(recorder.handlers_alive, 0);
  client->socket().drop();
  const auto late = std::make_shared<FakeExchange>(shard, Rig::request(Method::get, handshake));
  endpoint->on_head(late);
  endpoint->on_body(late);
  EXPECT_EQ(late->response->status, 403);
  net::run_ready(shard);
}

}  // namespace
}  // namespace parley::engineio
