// The server over loopback, on two running shards.
#include "http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/descriptor.hpp"

namespace parley::http {
namespace {

using namespace std::chrono_literals;

class BlockingClient {
 public:
  explicit BlockingClient(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  void send(std::string_view bytes) {
    ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// Reads until `end` has come or the server ended the stream.
  std::string read_until(std::string_view end) {
    std::string all;
    char buffer[65536];
    while (end.empty() || all.find(end) == std::string::npos) {
      const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  bool connected = false;

 private:
  Descriptor socket_;
};

Task<Response> large(Request) {
  co_return Response::text(200, std::string(3'000'000, 'x') + "END");
}
Task<Response> late(Request) {
  co_await net::sleep_for(50ms);
  co_return Response::text(200, "late END");
}
Task<Response> where(Request) {
  co_return Response::text(200, "shard " + std::to_string(net::Shard::current()->index()) + " END");
}

/// Answers from shard 1, wherever the request came in.
class OnShardOne final : public Endpoint {
 public:
  explicit OnShardOne(net::Shards& shards) : shards_(shards) {}
  void on_head(std::shared_ptr<Exchange> exchange) override {
    if (!shards_[1].is_current()) exchange->move_to(shards_[1]);
  }
  void on_body(std::shared_ptr<Exchange> exchange) override {
    exchange->respond(Response::text(200, exchange->request().body + " on " +
                                              std::to_string(net::Shard::current()->index()) +
                                              " END"));
  }
  std::size_t max_body() const override { return 100'000; }

 private:
  net::Shards& shards_;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    router_.route(Method::get, "/large", large);
    router_.route(Method::get, "/late", late);
    router_.route(Method::get, "/where", where);
    router_.mount("/one/", std::make_shared<OnShardOne>(shards_));
    Config config;
    config.host = "127.0.0.1";
    config.port = 0;
    server_.emplace(shards_, config, router_);
    shards_.start();
  }
  ~ServerTest() override { shards_.stop(); }

  Router router_;
  net::Shards shards_{2};
  std::optional<Server> server_;
};

TEST_F(ServerTest, serves_on_both_shards_and_keeps_connections) {
  BlockingClient first{server_->port()}, second{server_->port()};
  std::string all;
  for (int i = 0; i < 3; ++i) {
    for (BlockingClient* client : {&first, &second}) {
      client->send("GET /where HTTP/1.1\r\nHost: h\r\n\r\n");
      all += client->read_until("END");
    }
  }
  EXPECT_NE(all.find("shard 0"), std::string::npos);
  EXPECT_NE(all.find("shard 1"), std::string::npos);
  EXPECT_EQ(server_->counts().accepted, 2U);
  EXPECT_EQ(server_->request_counts().requests, 6U);
}

TEST_F(ServerTest, a_large_answer_arrives_whole) {
  BlockingClient client{server_->port()};
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto answer = client.read_until("END");
  EXPECT_NE(answer.find("Content-Length: 3000003\r\n"), std::string::npos);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 3'000'003U);
}

TEST_F(ServerTest, a_request_is_answered_by_the_shard_it_moves_to) {
  for (int i = 0; i < 4; ++i) {
    BlockingClient client{server_->port()};
    const std::string body(50'000, 'b');
    client.send("POST /one/x HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n" +
                body.substr(0, 10));
    client.send(body.substr(10));
    EXPECT_NE(client.read_until("END").find("b on 1 END"), std::string::npos);
    client.send("GET /where HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_NE(client.read_until("END").find("shard 1"), std::string::npos);
  }
}

TEST_F(ServerTest, a_refused_upload_still_learns_why) {
  BlockingClient client{server_->port()};
  client.send("POST /one/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n");
  for (int i = 0; i < 90; ++i) client.send(std::string(100'000, 'u'));
  EXPECT_TRUE(client.read_until("").starts_with("HTTP/1.1 413"));
}

TEST_F(ServerTest, drains) {
  BlockingClient idle{server_->port()}, busy{server_->port()};
  idle.send("GET /where HTTP/1.1\r\nHost: h\r\n\r\n");
  idle.read_until("END");
  busy.send("GET /where HTTP/1.1\r\nHost: h\r\n\r\n");
  busy.read_until("END");
  const auto before = server_->request_counts().requests;
  busy.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server_->request_counts().requests == before) std::this_thread::yield();
  server_->drain();
  EXPECT_EQ(idle.read_until("x"), "") << "the end of the stream";
  const auto answer = busy.read_until("");
  EXPECT_NE(answer.find("late END"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_FALSE(BlockingClient{server_->port()}.connected);
}

TEST_F(ServerTest, says_why_it_cannot_listen) {
  Config config;
  config.host = "127.0.0.1";
  config.port = server_->port();
  EXPECT_THROW((Server{shards_, config, router_}), std::system_error);
}

}  // namespace
}  // namespace parley::http
