// The server over real sockets on two shards: requests arrive on whichever shard the listener dealt
// them to.
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "engineio/server.hpp"
#include "http/server.hpp"
#include "websocket/client_frame.hpp"

namespace parley::engineio {
namespace {

using namespace std::chrono_literals;
using websocket::client_frame;
using websocket::encode_frame;
using websocket::Opcode;

class EchoHandler final : public SessionHandler {
 public:
  explicit EchoHandler(Session& session) : session_(session) {}
  void on_text(std::string_view text) override { session_.send(Message::text(text)); }
  void on_binary(std::string_view bytes) override { session_.send(Message::binary(bytes)); }
  void on_close(CloseReason) override {}

 private:
  Session& session_;
};

class Echo final : public Application {
 public:
  std::unique_ptr<SessionHandler> on_session(Session& session) override {
    return std::make_unique<EchoHandler>(session);
  }
};

/// A blocking TCP client; every read has a deadline.
class Client {
 public:
  explicit Client(std::uint16_t port) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void say(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  /// Reads until what has come ends with `end`; gives everything. What has come so far when the
  /// peer closes.
  std::string hear_until(const std::string& end) {
    while (!heard_.ends_with(end)) {
      char chunk[4096];
      const auto got = recv(socket_.native_handle(), chunk, sizeof chunk, 0);
      if (got <= 0) break;
      heard_.append(chunk, static_cast<std::size_t>(got));
    }
    return std::exchange(heard_, {});
  }
  /// One HTTP request whose answer's body ends with `end`.
  std::string ask(const std::string& method, const std::string& query, const std::string& body,
                  const std::string& end) {
    say(method + " /engine.io/?EIO=4&transport=polling" + query +
        " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body);
    return hear_until(end);
  }
  /// `end`: what ends the answer, with what follows the 101 in the same turn.
  std::string upgrade(const std::string& query, const std::string& end) {
    say("GET /engine.io/?EIO=4&transport=websocket" + query +
        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    return hear_until(end);
  }

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_{context_};
  std::string heard_;
};

/// An echo server on two shards.
class Loopback : public testing::Test {
 protected:
  Loopback() {
    router.mount(server.config().path, server.endpoint());
    http::Config config;
    config.host = "127.0.0.1";
    config.port = 0;
    http = std::make_unique<http::Server>(shards, config, router);
    shards.start();
  }
  ~Loopback() override {
    http.reset();
    shards.stop();
  }
  Client client() { return Client{http->port()}; }
  std::string open(Client& client) {
    const std::string answer = client.ask("GET", "", "", "\"maxPayload\":1000000}");
    const auto at = answer.find("\"sid\":\"");
    return at == std::string::npos ? "" : answer.substr(at + 7, 20);
  }

  Echo echo;
  net::Shards shards{2};
  Server server{shards, Config{}, echo};
  http::Router router;
  std::unique_ptr<http::Server> http;
};

TEST_F(Loopback, polls_and_posts_from_connections_of_any_shard) {
  for (int round = 0; round < 4; ++round) {
    Client opener = client();
    const std::string sid = "&sid=" + open(opener);
    for (int i = 0; i < 4; ++i) {
      const std::string text = "4hello " + std::to_string(i);
      EXPECT_TRUE(client().ask("POST", sid, text, "ok").ends_with("\r\n\r\nok"));
      EXPECT_TRUE(client().ask("GET", sid, "", text).ends_with("\r\n\r\n" + text));
    }
  }
}

TEST_F(Loopback, keeps_a_moved_connection_alive_for_both_shards_sessions) {
  Client first = client();
  Client second = client();
  const std::string one = "&sid=" + open(first);
  const std::string two = "&sid=" + open(second);
  EXPECT_NE(one.substr(5, 2), two.substr(5, 2)) << "dealt round-robin";
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(first.ask("POST", one, "4a", "ok").ends_with("ok"));
    EXPECT_TRUE(first.ask("POST", two, "4b", "ok").ends_with("ok"));
  }
  EXPECT_TRUE(first.ask("GET", two, "", "4b")
                  .ends_with("\r\n\r\n4b\x1e"
                             "4b\x1e"
                             "4b"));
}

TEST_F(Loopback, upgrades_on_a_connection_of_any_shard) {
  for (int round = 0; round < 4; ++round) {
    Client opener = client();
    const std::string sid = "&sid=" + open(opener);
    if (round % 2 == 1) client().ask("POST", sid, "6", "ok");  // shifts who is next
    Client socket = client();
    EXPECT_TRUE(socket.upgrade(sid, "\r\n\r\n").starts_with("HTTP/1.1 101 "));
    socket.say(client_frame(Opcode::text, "2probe"));
    EXPECT_EQ(socket.hear_until("3probe"), encode_frame(Opcode::text, "3probe"));
    EXPECT_TRUE(opener.ask("GET", sid, "", "6").ends_with("\r\n\r\n6"));
    socket.say(client_frame(Opcode::text, "5") + client_frame(Opcode::binary, "\x01\x02"));
    EXPECT_EQ(socket.hear_until("\x02"), encode_frame(Opcode::binary, "\x01\x02"));
  }
  EXPECT_EQ(server.counts().upgraded, 4u);
}

TEST_F(Loopback, closes_every_client_when_it_drains) {
  Client first = client();
  Client second = client();
  first.upgrade("", "\"maxPayload\":1000000}");
  second.upgrade("", "\"maxPayload\":1000000}");
  server.close_all(CloseReason::server_shutdown, 20ms);
  const std::string close = websocket::encode_close(std::nullopt);
  EXPECT_TRUE(first.hear_until(close).ends_with(close));
  EXPECT_TRUE(second.hear_until(close).ends_with(close));
}

}  // namespace
}  // namespace parley::engineio
