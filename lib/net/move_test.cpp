// Connections on two running shards: how they are dealt, and how they move.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "base/descriptor.hpp"
#include "net/listener.hpp"

namespace parley::net {
namespace {

using namespace std::chrono_literals;

std::atomic<int> closed{0};

/// Answers every byte with its shard's number; 'm' moves to the next shard first, 'b' sends much.
class Wanderer final : public Protocol {
 public:
  Wanderer(Shards& shards, Connection& connection) : shards_(shards), connection_(connection) {}

  void on_bytes(std::span<char> bytes) override {
    for (const char byte : bytes) {
      if (byte == 'b') {
        is_expendable_ = false;
        connection_.set_expendable(false);
        connection_.send(std::make_shared<const std::string>(4'000'000, 'x'));
      }
      if (byte == 'm') {
        move();
        return;
      }
      connection_.send(std::to_string(connection_.shard().index()));
    }
  }
  void on_closed(CloseCause) override { ++closed; }

 private:
  void move() {
    Shard& target = shards_[(connection_.shard().index() + 1U) % shards_.size()];
    connection_.send("m");
    connection_.move_to(target,
                        [&shards = shards_, &target, may_go = is_expendable_](Connection& here) {
                          here.set_expendable(may_go);  // who may go may have little waiting
                          EXPECT_TRUE(target.is_current());
                          EXPECT_EQ(&here.shard(), &target);
                          EXPECT_EQ(here.peer(), "127.0.0.1");
                          here.set_protocol(std::make_unique<Wanderer>(shards, here));
                          here.send(std::to_string(here.shard().index()));
                        });
    EXPECT_FALSE(connection_.is_open());
    connection_.send("ignored");
  }

  Shards& shards_;
  Connection& connection_;
  bool is_expendable_ = true;
};

/// A blocking client with a deadline.
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
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
  }
  void send(std::string_view bytes) {
    ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  std::string read(std::size_t count) {
    std::string bytes(count, '\0');
    const ssize_t got = ::recv(socket_.get(), bytes.data(), count, MSG_WAITALL);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

 private:
  Descriptor socket_;
};

class MoveTest : public testing::Test {
 protected:
  MoveTest() {
    closed = 0;
    shards_.start();
  }
  ~MoveTest() override {
    listener_.stop_accepting();
    narrow_.stop_accepting();
    shards_.stop();
  }

  Shards shards_{2};
  std::unique_ptr<Protocol> wanderer(Connection& connection) {
    return std::make_unique<Wanderer>(shards_, connection);
  }
  Listener listener_{
      shards_, "localhost", 0, {}, [this](Connection& connection) { return wanderer(connection); }};
  Listener narrow_{shards_, "localhost", 0, {.max_connections = 8}, [this](Connection& connection) {
                     return wanderer(connection);
                   }};
};

TEST_F(MoveTest, connections_are_dealt_round_robin) {
  std::map<std::string, int> seen;
  std::vector<std::unique_ptr<BlockingClient>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<BlockingClient>(listener_.port()));
    clients.back()->send("?");
    ++seen[clients.back()->read(1)];
  }
  EXPECT_EQ(seen, (std::map<std::string, int>{{"0", 5}, {"1", 5}}));
}

TEST_F(MoveTest, a_connection_moves_there_and_back_and_stays_open) {
  BlockingClient client{listener_.port()};
  client.send("?");
  const std::string home = client.read(1);
  const std::string other = home == "0" ? "1" : "0";
  client.send("m");
  EXPECT_EQ(client.read(2), "m" + other);
  client.send("?");
  EXPECT_EQ(client.read(1), other);
  client.send("m");
  EXPECT_EQ(client.read(2), "m" + home);
  EXPECT_EQ(closed, 0);
  EXPECT_EQ(listener_.counts().open, 1U);
}

TEST_F(MoveTest, unsent_bytes_move_along_in_order) {
  BlockingClient client{listener_.port()};
  client.send("?");
  const std::string home = client.read(1);
  const std::string other = home == "0" ? "1" : "0";
  client.send("bm");
  EXPECT_EQ(client.read(4'000'000), std::string(4'000'000, 'x'));
  EXPECT_EQ(client.read(3), home + "m" + other);
}

TEST_F(MoveTest, newcomers_of_all_shards_take_the_places_of_those_who_crowd_one) {
  std::deque<BlockingClient> crowd, newcomers;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back(narrow_.port()).send("?");
    if (crowd.back().read(1) == "1") continue;
    crowd.back().send("m");
    EXPECT_EQ(crowd.back().read(2), "m1");
  }
  for (int i = 0; i < 4; ++i) {
    newcomers.emplace_back(narrow_.port()).send("?");
    EXPECT_EQ(newcomers.back().read(1).size(), 1U) << i;
    EXPECT_EQ(crowd[static_cast<std::size_t>(i)].read(1), "") << "who came first goes first";
  }
  for (BlockingClient& one : newcomers) {
    one.send("?");
    EXPECT_EQ(one.read(1).size(), 1U);
  }
  EXPECT_EQ(narrow_.counts().refused, 0U);
  EXPECT_EQ(narrow_.counts().displaced, 4U);
}

TEST_F(MoveTest, a_moved_connection_that_ends_is_told_once) {
  {
    BlockingClient client{listener_.port()};
    client.send("m");
    EXPECT_EQ(client.read(2).front(), 'm');
  }
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (listener_.counts().open > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  listener_.stop_accepting();
  shards_.stop();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(listener_.counts().open, 0U);
}

}  // namespace
}  // namespace parley::net
