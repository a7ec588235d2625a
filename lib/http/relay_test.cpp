// A server that lets another one answer, both over loopback.
#include "http/relay.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "base/descriptor.hpp"
#include "http/server.hpp"

namespace parley::http {
namespace {

Descriptor new_socket() {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval patience{10, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return socket;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void say(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Reads until `end` has come, or the stream's end.
std::string hear(int socket, std::string_view end) {
  std::string all;
  char buffer[65536];
  while (end.empty() || all.find(end) == std::string::npos) {
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    all.append(buffer, static_cast<std::size_t>(got));
  }
  return all;
}

/// A server that answers one connection with what it was told to, and then waits for its end.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::string answer) : listener_(new_socket()) {
    sockaddr_in address = loopback(0);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 1);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const Descriptor peer{::accept(listener_.get(), nullptr, nullptr)};
      is_connected = true;
      say(peer.get(), answer);
      heard = hear(peer.get(), "");
      has_ended = true;
    });
  }
  ~ScriptedServer() { thread_.join(); }

  std::uint16_t port = 0;
  std::string heard;  ///< Once has_ended.
  std::atomic<bool> is_connected = false, has_ended = false;

 private:
  Descriptor listener_;
  std::thread thread_;
};

Task<Response> echo(Request request) {
  Response response =
      Response::text(request.body == "refuse" ? 418 : 200,
                     request.target + "|" + request.body + "|" + request.headers.joined("x-mine") +
                         "|" + request.headers.joined("via") + "|" + request.client);
  response.headers.add("Set-Cookie", "a=b");
  response.headers.add("X-Inner", "stays inside");
  co_return response;
}

/// Sends back in capitals what comes over an upgraded connection; `bye` ends it.
class Shouting final : public net::Protocol {
 public:
  explicit Shouting(net::Connection& connection) : connection_(connection) {}
  void on_bytes(std::span<char> bytes) override {
    std::string all{bytes.data(), bytes.size()};
    if (all.ends_with("bye")) return connection_.close_after_flush();
    for (char& one : all) one = one >= 'a' && one <= 'z' ? static_cast<char>(one - 32) : one;
    connection_.send(all);
  }
  void on_closed(net::CloseCause) override { ++ended; }

  static std::atomic<int> ended;

 private:
  net::Connection& connection_;
};
std::atomic<int> Shouting::ended = 0;

class Upgrading final : public Endpoint {
 public:
  void on_head(std::shared_ptr<Exchange> exchange) override {
    std::string leftover;
    net::Connection& connection = exchange->take_over(leftover);
    connection.set_protocol(std::make_unique<Shouting>(connection));
    connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: shout\r\n\r\n");
  }
  void on_body(std::shared_ptr<Exchange>) override {}
  std::size_t max_body() const override { return 0; }
};

/// Relays everything.
class Relayed final : public Endpoint {
 public:
  void on_head(std::shared_ptr<Exchange>) override {}
  void on_body(std::shared_ptr<Exchange> exchange) override {
    const auto refuse = [](Exchange& open, NotRelayed why) {
      const bool is_full = why == NotRelayed::no_room;
      open.respond(Response::text(is_full ? 503 : 400, is_full ? "no room" : "refused"));
    };
    relays->relay(std::move(exchange), {"127.0.0.1", port}, refuse);
  }
  std::size_t max_body() const override { return 5'000'000; }

  std::uint16_t port = 0;
  RelayLimits limits;
  std::optional<Relays> relays;
};

class RelayTest : public testing::Test {
 protected:
  explicit RelayTest(net::ConnectionLimits connections = {}) {
    inner_router_.route(Method::get, "/echo", echo);
    inner_router_.route(Method::post, "/echo", echo, {.max_body = 100'000});
    inner_router_.mount("/shout/", std::make_shared<Upgrading>());
    outer_router_.mount("/", outer_);
    Config config;
    config.host = "127.0.0.1";
    config.port = 0;
    inner_.emplace(shards_, config, inner_router_);
    config.connections = connections;
    server_.emplace(shards_, config, outer_router_);
    outer_->port = inner_->port();
  }
  ~RelayTest() override { shards_.stop(); }

  /// A client's connection, with the request sent.
  Descriptor send(const std::string& request) {
    if (!shards_[0].is_running()) {
      outer_->relays.emplace(shards_, outer_->limits);
      shards_.start();
    }
    Descriptor socket = new_socket();
    const sockaddr_in address = loopback(server_->port());
    ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    say(socket.get(), request);
    return socket;
  }
  std::string ask(const std::string& request, std::string_view end = "END") {
    return hear(send(request).get(), end);
  }
  template <class Condition>
  static void wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(condition());
  }
  Descriptor shouting() {
    Descriptor socket =
        send("GET /shout/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n");
    EXPECT_TRUE(hear(socket.get(), "\r\n\r\n").starts_with("HTTP/1.1 101"));
    return socket;
  }

  Router inner_router_, outer_router_;
  std::shared_ptr<Relayed> outer_ = std::make_shared<Relayed>();
  net::Shards shards_{2};
  std::optional<Server> inner_, server_;
};

TEST_F(RelayTest, brings_request_and_answer_across) {
  const std::string got =
      ask("GET /echo?a=b HTTP/1.1\r\nHost: h\r\nX-Mine: m\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n",
          "127.0.0.1");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200")) << got;
  EXPECT_NE(got.find("/echo?a=b||m|1.1 parley|127.0.0.1"), std::string::npos) << got;
  EXPECT_NE(got.find("Set-Cookie: a=b"), std::string::npos);
  EXPECT_EQ(got.find("X-Inner"), std::string::npos);
  EXPECT_EQ(got.find("Content-Length"), got.rfind("Content-Length"));
}

TEST_F(RelayTest, brings_bodies_and_statuses_across) {
  const std::string body(50'000, 'b');
  EXPECT_EQ(
      ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n" + body, "127.0.0.1")
              .find(body) != std::string::npos,
      true);
  EXPECT_TRUE(ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nrefuse", "127.0.0.1")
                  .starts_with("HTTP/1.1 418"));
}

TEST_F(RelayTest, keeps_the_clients_connection) {
  const Descriptor socket = send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(hear(socket.get(), "127.0.0.1").starts_with("HTTP/1.1 200"));
    say(socket.get(), "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  }
}

TEST_F(RelayTest, refuses_when_nobody_is_there) {
  inner_.reset();
  EXPECT_NE(ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "refused").find("400"), std::string::npos);
}

TEST_F(RelayTest, refuses_when_the_answer_is_nonsense_or_cut) {
  for (const std::string& answer :
       {std::string("this is no HTTP\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'h'),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")}) {
    ScriptedServer strange(answer);
    outer_->port = strange.port;
    EXPECT_NE(ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "refused").find("400"),
              std::string::npos);
  }
}

TEST_F(RelayTest, refuses_when_the_answer_does_not_come) {
  ScriptedServer silent("HTTP/1.1 200 OK\r\n");
  outer_->port = silent.port;
  outer_->limits.answer_timeout = std::chrono::milliseconds{50};
  EXPECT_NE(ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "refused").find("400"), std::string::npos);
}

TEST_F(RelayTest, lets_go_of_the_other_server_when_the_client_leaves) {
  ScriptedServer silent("");
  outer_->port = silent.port;
  {
    const Descriptor leaving = send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_until([&] { return silent.is_connected.load(); });
  }
  wait_until([&] { return silent.has_ended.load(); });
}

TEST_F(RelayTest, tunnels_an_upgraded_connection_both_ways) {
  const Descriptor socket = shouting();
  say(socket.get(), "hello");
  EXPECT_EQ(hear(socket.get(), "HELLO"), "HELLO");
  const std::string much(3'000'000, 'x');
  std::thread talking([&] { say(socket.get(), much + "end"); });
  EXPECT_EQ(hear(socket.get(), "END"), std::string(3'000'000, 'X') + "END");
  talking.join();
}

/// Otherwise a client could write whole requests into it, with any X-Forwarded-For.
TEST_F(RelayTest, carries_nothing_into_a_connection_that_was_not_upgraded) {
  for (const std::string_view answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nEND\r\n", "END\r\n"}) {
    ScriptedServer refusing{std::string{answer}};
    outer_->port = refusing.port;
    {
      const Descriptor client = send(
          "GET /echo HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
          "GET /first HTTP/1.1\r\n\r\n");
      hear(client.get(), "END\r\n");
      say(client.get(), "GET /second HTTP/1.1\r\n\r\n");
      hear(client.get(), "");
    }
    wait_until([&] { return refusing.has_ended.load(); });
    EXPECT_EQ(refusing.heard.find("/first"), std::string::npos) << refusing.heard;
    EXPECT_EQ(refusing.heard.find("/second"), std::string::npos) << refusing.heard;
  }
}

TEST_F(RelayTest, upgrades_nothing_that_has_a_body) {
  const std::string got =
      ask("POST /echo HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
          "Content-Length: 4\r\n\r\nbody",
          "127.0.0.1");
  EXPECT_NE(got.find("/echo|body||1.1 parley|127.0.0.1"), std::string::npos) << got;
}

TEST_F(RelayTest, ends_a_tunnel_from_either_side) {
  const int before = Shouting::ended;
  const Descriptor ended_inside = shouting();
  say(ended_inside.get(), "bye");
  EXPECT_EQ(hear(ended_inside.get(), ""), "");
  { const Descriptor ended_outside = shouting(); }
  wait_until([&] { return Shouting::ended == before + 2; });
}

TEST_F(RelayTest, holds_a_second_place_for_each_that_is_under_way) {
  ScriptedServer silent("");
  outer_->port = silent.port;
  {
    const Descriptor held = send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_until([&] { return silent.is_connected.load(); });
    EXPECT_EQ(server_->counts().open, 2U);
  }
  wait_until([&] { return server_->counts().open == 0; });
  outer_->port = inner_->port();
  {
    const Descriptor tunnel = shouting();
    EXPECT_EQ(server_->counts().open, 2U);
  }
  wait_until([&] { return server_->counts().open == 0; });
}

TEST_F(RelayTest, refuses_more_than_may_be_under_way) {
  ScriptedServer silent("");
  outer_->port = silent.port;
  outer_->limits.max_under_way = 1;
  {
    const Descriptor held = send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_until([&] { return silent.is_connected.load(); });
    EXPECT_TRUE(
        ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "no room").starts_with("HTTP/1.1 503"));
    outer_->port = inner_->port();
  }
  wait_until([&] { return server_->counts().open == 0; });
  EXPECT_TRUE(
      ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "127.0.0.1").starts_with("HTTP/1.1 200"));
}

class FewPlaces : public RelayTest {
 protected:
  FewPlaces() : RelayTest({.max_connections = 3}) {}
};

TEST_F(FewPlaces, refuse_what_has_no_place_for_its_second_connection) {
  ScriptedServer silent("");
  outer_->port = silent.port;
  const Descriptor held = send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  wait_until([&] { return silent.is_connected.load(); });
  EXPECT_TRUE(ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "no room").starts_with("HTTP/1.1 503"));
}

TEST_F(RelayTest, ends_what_is_under_way_when_it_drains) {
  const int before = Shouting::ended;
  const Descriptor tunnel = shouting();
  ScriptedServer silent("");
  outer_->port = silent.port;
  const Descriptor held = send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  wait_until([&] { return silent.is_connected.load(); });

  outer_->relays->drain(std::chrono::milliseconds{50});
  EXPECT_EQ(hear(tunnel.get(), ""), "");
  EXPECT_TRUE(hear(held.get(), "refused").starts_with("HTTP/1.1 400"));
  wait_until([&] { return silent.has_ended.load() && Shouting::ended == before + 1; });
  EXPECT_TRUE(ask("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "no room").starts_with("HTTP/1.1 503"));
}

TEST(WasRelayed, looks_for_ourselves_in_via) {
  Request request;
  EXPECT_FALSE(was_relayed(request));
  request.headers.add("Via", "1.1 proxy");
  EXPECT_FALSE(was_relayed(request));
  request.headers.add("Via", "1.1 parley");
  EXPECT_TRUE(was_relayed(request));
}

}  // namespace
}  // namespace parley::http
