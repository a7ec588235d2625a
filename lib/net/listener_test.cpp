// Real sockets over loopback: what Listener, Poller and SocketConnection promise together.
#include "net/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>

#include "base/descriptor.hpp"
#include "net/detail/poller.hpp"
#include "net/detail/socket_connection.hpp"
#include "net/testing.hpp"

namespace parley::net {
namespace {

using namespace std::chrono_literals;

/// What a test wants its server to do, and what it saw. One for all connections.
struct Script {
  std::function<void(Connection&, std::string_view)> on_bytes;
  std::function<void(Connection&)> on_drained;
  std::function<void()> on_closed;
  std::vector<Connection*> connections;
  std::vector<CloseCause> causes;
  std::string received;
  int reads = 0, drained = 0, destroyed = 0;
};

class ScriptedProtocol final : public Protocol {
 public:
  ScriptedProtocol(Script& script, Connection& connection)
      : script_(script), connection_(connection) {}
  ~ScriptedProtocol() override { ++script_.destroyed; }
  void on_bytes(std::span<char> bytes) override {
    ++script_.reads;
    script_.received.append(bytes.data(), bytes.size());
    if (script_.on_bytes) script_.on_bytes(connection_, {bytes.data(), bytes.size()});
  }
  void on_drained() override {
    ++script_.drained;
    if (script_.on_drained) script_.on_drained(connection_);
  }
  void on_closed(CloseCause cause) override {
    std::erase(script_.connections, &connection_);
    script_.causes.push_back(cause);
    if (script_.on_closed) script_.on_closed();
  }

 private:
  Script& script_;
  Connection& connection_;
};

/// A non-blocking client socket.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  }
  bool connected() const { return connected_; }
  void send(std::string_view bytes) { send_some(bytes); }
  /// How much the kernel took.
  std::size_t send_some(std::string_view bytes) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// Takes what is there (at most `limit` bytes); appends to `received`.
  void read(std::size_t limit = 1 << 20) {
    std::string buffer(limit, '\0');
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) received.append(buffer, 0, static_cast<std::size_t>(got));
    if (got == 0) ended = true;
    if (got < 0 && errno != EAGAIN) reset = true;
  }
  void end_stream() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }
  void close_by_reset() {
    const linger hard{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    socket_.reset();
  }

  std::string received;
  bool ended = false, reset = false;

 private:
  Descriptor socket_;
  bool connected_ = false;
};

/// A listener on one shard that the test's own thread drives.
class ListenerTest : public testing::Test {
 protected:
  void listen(ConnectionLimits limits = {}) {
    listener_.emplace(shards_, "127.0.0.1", std::uint16_t{0}, limits,
                      [this](Connection& connection) {
                        script_.connections.push_back(&connection);
                        return std::make_unique<ScriptedProtocol>(script_, connection);
                      });
  }
  ~ListenerTest() override { listener_.reset(); }

  Client connect(int receive_buffer = 0) {
    const auto before = script_.connections.size();
    Client client{listener_->port(), receive_buffer};
    EXPECT_TRUE(until([&] { return script_.connections.size() > before; }));
    return client;
  }
  /// Two receives: the client is no newcomer any more.
  void admit(Client& client) {
    for (const char* part : {"GET ", "40"}) {
      client.send(part);
      const int before = script_.reads;
      ASSERT_TRUE(until([&] { return script_.reads > before; }));
    }
  }
  bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = 10s) {
    return run_until(shard_, done, limit);
  }
  static bool has_ended(Client& client) {
    client.read();
    return client.ended || client.reset;
  }
  void in_shard(const std::function<void()>& call) {
    bool ran = false;
    shard_.post([&] {
      call();
      ran = true;
    });
    ASSERT_TRUE(until([&] { return ran; }));
  }
  /// Fires what is due after `later`.
  void pass(std::chrono::milliseconds later) {
    in_shard([&] { shard_.timers().run(SteadyTime::clock::now() + later); });
  }

  Script script_;
  Shards shards_{1};
  Shard& shard_ = shards_[0];
  std::optional<Listener> listener_;
};

TEST_F(ListenerTest, an_idle_connection_is_small) {
  EXPECT_LE(sizeof(detail::SocketConnection), 144U);
}

TEST_F(ListenerTest, echoes) {
  script_.on_bytes = [](Connection& connection, std::string_view bytes) { connection.send(bytes); };
  listen();
  Client client = connect();
  client.send("hello");
  EXPECT_TRUE(until([&] {
    client.read();
    return client.received == "hello";
  }));
  EXPECT_EQ(script_.connections.front()->peer(), "127.0.0.1");
  EXPECT_GT(script_.connections.front()->peer_port(), 0);
}

TEST_F(ListenerTest, says_the_address_when_it_cannot_bind) {
  listen();
  try {
    const Listener second{shards_, "127.0.0.1", listener_->port(), {}, {}};
    FAIL() << "two listeners on one port";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string_view{error.what()}.find("127.0.0.1 port"), std::string_view::npos)
        << error.what();
  }
  EXPECT_THROW((Listener{shards_, "no such host", 0, {}, {}}), std::system_error);
}

TEST_F(ListenerTest, can_be_asked_for_beforehand) {
  EXPECT_TRUE(may_listen_at("127.0.0.1", 0));
  EXPECT_TRUE(may_listen_at("0.0.0.0", 0));
  for (const char* elsewhere : {"192.0.2.1", "no such host"}) {
    const auto refused = may_listen_at(elsewhere, 0);
    ASSERT_FALSE(refused) << elsewhere;
    EXPECT_EQ(refused.error().code, Errc::bad_request);
    EXPECT_EQ(refused.error().detail.find("port"), std::string::npos) << refused.error().detail;
    EXPECT_NE(refused.error().detail.find(elsewhere), std::string::npos) << refused.error().detail;
  }
}

TEST_F(ListenerTest, can_be_asked_whether_a_port_is_free) {
  listen();
  const std::uint16_t port = listener_->port();
  const auto taken = may_listen_at("127.0.0.1", port);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::conflict);
  EXPECT_NE(taken.error().detail.find("127.0.0.1 port " + std::to_string(port)), std::string::npos)
      << taken.error().detail;
  listener_.reset();
  EXPECT_TRUE(may_listen_at("127.0.0.1", port));
}

TEST_F(ListenerTest, listens_on_ipv6_and_shows_mapped_addresses_as_ipv4) {
  std::string peer;
  std::optional<Listener> both;
  try {
    both.emplace(shards_, "::", std::uint16_t{0}, ConnectionLimits{}, [&](Connection& connection) {
      peer = connection.peer();
      return std::unique_ptr<Protocol>{};
    });
  } catch (const std::system_error&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  Client client{both->port()};
  EXPECT_TRUE(until([&] { return !peer.empty(); }));
  EXPECT_EQ(peer, "127.0.0.1");
  EXPECT_TRUE(until([&] {
    client.read();
    return client.ended || client.reset;
  })) << "no protocol: closed";
}

TEST_F(ListenerTest, what_is_sent_in_one_turn_leaves_in_one_send) {
  const Frame shared = std::make_shared<const std::string>(300, 'f');
  script_.on_bytes = [&](Connection& connection, std::string_view) {
    for (int i = 0; i < 50; ++i) {
      connection.send("piece ");
      connection.send(shared, 100);
    }
    connection.send(std::make_shared<const std::string>(5000, 'L'));
  };
  listen();
  Client client = connect();
  client.send("go");
  const std::size_t expected = 50 * (6 + 200) + 5000;
  EXPECT_TRUE(until([&] {
    client.read();
    return client.received.size() == expected;
  }));
  EXPECT_EQ(listener_->counts().sends, 1U);
  EXPECT_EQ(listener_->counts().bytes_out, expected);
  EXPECT_EQ(script_.drained, 1);
}

TEST_F(ListenerTest, what_was_posted_before_the_turns_end_joins_its_send) {
  script_.on_bytes = [this](Connection& connection, std::string_view) {
    shard_.post([&connection] { connection.send(" posted"); });  // as a store's completion would be
    connection.send("direct");
  };
  listen();
  Client client = connect();
  client.send("go");
  EXPECT_TRUE(until([&] {
    client.read();
    return client.received == "direct posted";
  }));
  EXPECT_EQ(listener_->counts().sends, 1U);
}

TEST_F(ListenerTest, reads_at_most_once_a_connection_and_turn) {
  listen();
  Client client = connect();
  for (int i = 0; i < 20; ++i) client.send("x");
  EXPECT_TRUE(until([&] { return script_.received.size() == 20; }));
  EXPECT_LE(script_.reads, 20);
  EXPECT_EQ(listener_->counts().receives, static_cast<std::uint64_t>(script_.reads));
}

TEST_F(ListenerTest, gives_no_more_than_64_KiB_of_a_connection_a_turn) {
  std::size_t most = 0;
  script_.on_bytes = [&](Connection&, std::string_view bytes) {
    most = std::max(most, bytes.size());
  };
  listen();
  Client client = connect();
  std::size_t sent = 0;
  const std::string bytes(1 << 20, 'x');
  EXPECT_TRUE(until([&] {
    if (sent < bytes.size()) sent += client.send_some(std::string_view{bytes}.substr(sent));
    return script_.received.size() == bytes.size();
  }));
  EXPECT_LE(most, 64U * 1024);
}

TEST_F(ListenerTest, who_is_established_is_served_before_newcomers_and_those_who_leave) {
  listen();
  shard_.poller().set_lobby_share({.handful = 1, .patience = 0ns});
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect());
  Client& established = clients[0];
  admit(established);
  clients[1].send("x");
  clients[1].close();
  script_.received.clear();
  script_.on_bytes = [&](Connection&, std::string_view bytes) {
    if (bytes == "new") established.send("old");
  };
  for (int i = 2; i < 5; ++i) clients[static_cast<std::size_t>(i)].send("new");
  EXPECT_TRUE(
      until([&] { return script_.received.size() >= 6 * 3 + 1 && !script_.causes.empty(); }));
  // Each newcomer makes the established one write, and the next one has to wait for that.
  std::string calls = script_.received;
  calls.erase(calls.find('x'), 1);
  EXPECT_EQ(calls, "newoldnewoldnewold");
}

TEST_F(ListenerTest, who_is_established_is_served_before_established_ones_who_leave) {
  listen();
  shard_.poller().set_lobby_share({.handful = 1, .patience = 0ns});
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(connect());
  for (Client& client : clients) admit(client);
  script_.received.clear();
  script_.on_bytes = [&](Connection&, std::string_view bytes) {
    if (bytes == "bye") clients[0].send("old");
  };
  for (std::size_t i = 1; i < 4; ++i) {
    clients[i].send("bye");
    clients[i].close();
  }
  EXPECT_TRUE(until([&] { return script_.causes.size() == 3; }));
  EXPECT_EQ(script_.received, "byeoldbyeoldbyeold");
}

TEST_F(ListenerTest, who_leaves_is_heard_out) {
  listen();
  Client client = connect();
  admit(client);
  script_.received.clear();
  const std::string last(300'000, 'x');  // more than one receive takes
  std::size_t sent = 0;
  ASSERT_TRUE(until([&] {
    sent += client.send_some(std::string_view{last}.substr(sent));
    return sent == last.size();
  }));
  client.end_stream();
  EXPECT_TRUE(until([&] { return script_.causes.size() == 1; }));
  EXPECT_EQ(script_.received, last);
  EXPECT_EQ(script_.causes.front(), CloseCause::peer);
}

TEST_F(ListenerTest, who_left_and_who_is_new_are_served_when_all_come_in_one_turn) {
  listen();
  std::deque<Client> leaving, coming;
  for (int i = 0; i < 40; ++i) admit(leaving.emplace_back(connect()));
  script_.received.clear();
  for (Client& client : leaving) client.close();
  for (int i = 0; i < 40; ++i) coming.emplace_back(listener_->port()).send("x");
  EXPECT_TRUE(until([&] { return script_.causes.size() == 40 && script_.received.size() == 40; }));
  EXPECT_EQ(listener_->counts().open, 40U);
}

TEST_F(ListenerTest, delivers_bytes_that_come_one_by_one) {
  listen();
  Client client = connect();
  std::string expected;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    client.send({&letter, 1});
    expected += letter;
    EXPECT_TRUE(until([&] { return script_.received == expected; }));
  }
  EXPECT_EQ(script_.reads, 26);
}

TEST_F(ListenerTest, a_large_answer_reaches_a_slow_reader_whole) {
  std::string big;
  for (int i = 0; big.size() < 8'000'000; ++i) big += std::to_string(i) + ",";
  const Frame frame = std::make_shared<const std::string>(big);
  script_.on_bytes = [&](Connection& connection, std::string_view) { connection.send(frame); };
  listen();
  Client client = connect(65536);
  client.send("go");
  ASSERT_TRUE(until([&] { return !script_.connections.front()->is_writable(); }));
  EXPECT_GT(script_.connections.front()->queued_bytes(), 0U);
  EXPECT_EQ(script_.drained, 0);
  EXPECT_TRUE(until(
      [&] {
        client.read(50'000);
        return client.received.size() >= big.size();
      },
      30s));
  EXPECT_EQ(client.received, big);
  EXPECT_TRUE(until([&] { return script_.drained == 1; }));
  EXPECT_EQ(script_.connections.front()->queued_bytes(), 0U);
  EXPECT_TRUE(script_.connections.front()->is_writable());
}

TEST_F(ListenerTest, a_consumer_that_lets_too_much_wait_is_cut_off) {
  const Frame frame = std::make_shared<const std::string>(100'000, 'x');
  listen({.max_queued = 300'000});
  Client client = connect(4096);
  std::size_t most = 0;
  for (int i = 0; i < 500 && script_.causes.empty(); ++i) {
    in_shard([&] {
      if (script_.connections.empty()) return;
      script_.connections.front()->set_expendable(false);
      script_.connections.front()->send(frame);
      most = std::max(most, script_.connections.front()->queued_bytes());
    });
  }
  ASSERT_EQ(script_.causes, std::vector<CloseCause>{CloseCause::slow_consumer});
  EXPECT_LE(most, 400'000U);
  EXPECT_GT(most, 200'000U);
  EXPECT_EQ(listener_->counts().slow_consumers, 1U);
  EXPECT_EQ(listener_->counts().open, 0U);
  EXPECT_EQ(frame.use_count(), 1);
}

TEST_F(ListenerTest, less_waits_for_who_may_make_room) {
  listen();
  Client client = connect(4096);
  const std::string piece(1'000, 'x');
  std::size_t most = 0;
  for (int i = 0; i < 500 && script_.causes.empty(); ++i) {
    in_shard([&] {
      for (int j = 0; j < 100 && !script_.connections.empty(); ++j) {
        script_.connections.front()->send(piece);
        most = std::max(most, script_.connections.front()->queued_bytes());
      }
    });
  }
  ASSERT_EQ(script_.causes, std::vector<CloseCause>{CloseCause::slow_consumer});
  EXPECT_LE(most, 33'768U);
}

TEST_F(ListenerTest, a_peer_that_takes_nothing_for_the_stall_time_is_cut_off) {
  const Frame frame = std::make_shared<const std::string>(8'000'000, 'x');
  listen({.write_stall = 60s});
  Client client = connect(4096);
  in_shard([&] { script_.connections.front()->send(frame); });
  ASSERT_TRUE(until([&] { return !script_.connections.front()->is_writable(); }));
  pass(30s);
  EXPECT_TRUE(script_.causes.empty());
  pass(61s);
  EXPECT_EQ(script_.causes, std::vector<CloseCause>{CloseCause::slow_consumer});
}

TEST_F(ListenerTest, tells_of_the_peers_end_and_of_its_reset) {
  listen();
  Client ending = connect();
  ending.close();
  EXPECT_TRUE(until([&] { return script_.causes.size() == 1; }));
  Client resetting = connect();
  resetting.close_by_reset();
  EXPECT_TRUE(until([&] { return script_.causes.size() == 2; }));
  EXPECT_EQ(script_.causes, (std::vector<CloseCause>{CloseCause::peer, CloseCause::error}));
  EXPECT_EQ(script_.destroyed, 2);
  EXPECT_EQ(listener_->counts().open, 0U);
}

TEST_F(ListenerTest, a_connection_is_open_until_its_end_has_been_told) {
  std::uint64_t open_when_told = 0;
  script_.on_closed = [&] { open_when_told = listener_->counts().open; };
  listen();
  Client client = connect();
  client.close();
  EXPECT_TRUE(until([&] { return listener_->counts().open == 0; }));
  EXPECT_EQ(script_.causes, std::vector<CloseCause>{CloseCause::peer});
  EXPECT_EQ(script_.destroyed, 1);
  EXPECT_EQ(open_when_told, 1U);
}

TEST_F(ListenerTest, a_peer_that_ended_its_stream_still_gets_what_was_sent) {
  const Frame frame = std::make_shared<const std::string>(6'000'000, 'x');
  script_.on_bytes = [&](Connection& connection, std::string_view) { connection.send(frame); };
  listen();
  Client client = connect(65536);
  client.send("go");
  client.end_stream();
  EXPECT_TRUE(until([&] { return !script_.causes.empty(); }));
  EXPECT_EQ(script_.causes.front(), CloseCause::peer);
  EXPECT_TRUE(until(
      [&] {
        client.read(100'000);
        return client.ended;
      },
      30s));
  EXPECT_EQ(client.received.size(), frame->size());
  EXPECT_TRUE(until([&] { return listener_->counts().open == 0; }));
}

TEST_F(ListenerTest, a_paused_connection_reads_nothing_until_it_is_resumed) {
  listen();
  Client client = connect();
  in_shard([&] { script_.connections.front()->pause(); });
  client.send("waits");
  in_shard([] {});
  in_shard([] {});
  EXPECT_EQ(script_.received, "");
  in_shard([&] { script_.connections.front()->resume(); });
  EXPECT_TRUE(until([&] { return script_.received == "waits"; }));
}

TEST_F(ListenerTest, a_paused_connection_notices_the_peers_end_and_its_reset) {
  listen();
  Client ending = connect();
  in_shard([&] { script_.connections.front()->pause(); });
  ending.send("unread");
  ending.close();
  EXPECT_TRUE(until([&] { return script_.causes.size() == 1; }));
  Client resetting = connect();
  in_shard([&] { script_.connections.front()->pause(); });
  resetting.close_by_reset();
  EXPECT_TRUE(until([&] { return script_.causes.size() == 2; }));
  EXPECT_EQ(script_.causes, (std::vector<CloseCause>{CloseCause::peer, CloseCause::error}));
}

TEST_F(ListenerTest, close_after_flush_delivers_all_even_to_a_peer_that_goes_on_sending) {
  script_.on_bytes = [](Connection& connection, std::string_view) {
    connection.send(std::make_shared<const std::string>(3'000'000, 'x'));
    connection.close_after_flush();
    connection.send("too late");
    EXPECT_FALSE(connection.is_open());
  };
  listen();
  Client client = connect();
  client.send("go");
  EXPECT_TRUE(until([&] {
    client.send("more");
    client.read();
    return client.ended || client.reset;
  }));
  EXPECT_EQ(client.received.size(), 3'000'000U);
  EXPECT_FALSE(client.reset);
  EXPECT_EQ(script_.reads, 1) << "input is dropped";
  client.close();
  EXPECT_TRUE(until([&] { return script_.causes == std::vector<CloseCause>{CloseCause::local}; }));
}

TEST_F(ListenerTest, close_after_flush_does_not_wait_for_ever) {
  script_.on_bytes = [](Connection& connection, std::string_view) {
    connection.close_after_flush();
  };
  listen({.linger = 5s});
  Client client = connect();
  client.send("go");
  EXPECT_TRUE(until([&] {
    client.read();
    return client.ended;
  }));
  EXPECT_TRUE(script_.causes.empty()) << "the peer has not ended";
  pass(6s);
  EXPECT_TRUE(until([&] { return script_.causes == std::vector<CloseCause>{CloseCause::local}; }));
  EXPECT_EQ(listener_->counts().open, 0U);
}

TEST_F(ListenerTest, close_inside_a_callback_destroys_nothing_that_is_running) {
  bool alive_after_close = false;
  script_.on_bytes = [&](Connection& connection, std::string_view) {
    connection.send("dropped");
    connection.close();
    connection.close();
    connection.send("ignored");
    connection.pause();
    connection.resume();
    alive_after_close =
        script_.destroyed == 0 && script_.causes.empty() && connection.peer() == "127.0.0.1";
  };
  listen();
  Client client = connect();
  client.send("go");
  EXPECT_TRUE(until([&] { return script_.destroyed == 1; }));
  EXPECT_TRUE(alive_after_close);
  EXPECT_EQ(script_.causes, std::vector<CloseCause>{CloseCause::local});
}

TEST_F(ListenerTest, a_protocol_may_close_other_connections_of_the_same_turn) {
  script_.on_bytes = [&](Connection&, std::string_view) {
    for (Connection* each : script_.connections) each->close();
  };
  listen();
  Client first = connect(), second = connect(), third = connect();
  first.send("1"), second.send("2"), third.send("3");
  EXPECT_TRUE(until([&] { return script_.destroyed == 3; }));
  EXPECT_EQ(script_.reads, 1);
}

TEST_F(ListenerTest, a_protocol_that_throws_loses_its_connection_only) {
  script_.on_bytes = [](Connection& connection, std::string_view bytes) {
    if (bytes == "bad") throw std::runtime_error("oops");
    connection.send(bytes);
  };
  listen();
  Client bad = connect(), good = connect();
  bad.send("bad");
  EXPECT_TRUE(until([&] { return script_.causes.size() == 1; }));
  good.send("good");
  EXPECT_TRUE(until([&] {
    good.read();
    return good.received == "good";
  }));
  EXPECT_EQ(shard_.escaped_exceptions(), 1U);
}

TEST_F(ListenerTest, a_replaced_protocol_lives_until_its_call_returns) {
  Script next;
  bool old_alive = false;
  script_.on_bytes = [&](Connection& connection, std::string_view) {
    connection.set_protocol(std::make_unique<ScriptedProtocol>(next, connection));
    old_alive = script_.destroyed == 0;
  };
  listen();
  Client client = connect();
  client.send("upgrade");
  EXPECT_TRUE(until([&] { return script_.destroyed == 1; }));
  EXPECT_TRUE(old_alive);
  EXPECT_TRUE(script_.causes.empty()) << "the old protocol is not told of an end";
  client.send("new");
  EXPECT_TRUE(until([&] { return next.received == "new"; }));
  client.close();
  EXPECT_TRUE(until([&] { return next.causes.size() == 1; }));
  script_.connections.clear();
}

TEST_F(ListenerTest, on_drained_may_send_more_and_more_without_holding_the_loop) {
  int left = 100;
  script_.on_bytes = [](Connection& connection, std::string_view) { connection.send("x"); };
  script_.on_drained = [&](Connection& connection) {
    if (left-- > 0) connection.send("x");
  };
  listen();
  Client client = connect();
  client.send("go");
  EXPECT_TRUE(until([&] {
    client.read();
    return client.received.size() == 101;
  }));
}

TEST_F(ListenerTest, refuses_connections_above_the_limit_and_takes_them_again_later) {
  listen({.max_connections = 2});
  Client first = connect(), second = connect();
  for (Connection* connection : script_.connections) connection->set_expendable(false);
  Client third{listener_->port()};
  EXPECT_TRUE(until([&] { return has_ended(third); }));
  EXPECT_EQ(listener_->counts().refused, 1U);
  EXPECT_EQ(listener_->counts().open, 2U);
  first.close();
  EXPECT_TRUE(until([&] { return listener_->counts().open == 1; }));
  Client fourth = connect();
  EXPECT_EQ(listener_->counts().displaced, 0U);
}

TEST_F(ListenerTest, makes_room_above_the_limit_by_closing_who_is_expendable_for_longest) {
  listen({.max_connections = 4});
  Client first = connect(), second = connect(), third = connect(), fourth = connect();
  const auto all = script_.connections;
  all[1]->set_expendable(false);
  all[0]->set_expendable(false);
  all[0]->set_expendable(true);  // behind the third and the fourth now
  const std::vector<Client*> order{&third, &fourth, &first};
  std::vector<Client> newcomers;
  for (Client* oldest : order) {
    newcomers.emplace_back(listener_->port());
    EXPECT_TRUE(until([&] { return has_ended(*oldest); }));
    EXPECT_TRUE(until([&] { return listener_->counts().open == 4; }));
  }
  EXPECT_FALSE(has_ended(second));
  for (Client& newcomer : newcomers) EXPECT_FALSE(has_ended(newcomer));
  EXPECT_EQ(listener_->counts().displaced, 3U);
  EXPECT_EQ(listener_->counts().refused, 0U);
  EXPECT_EQ(script_.causes, std::vector<CloseCause>(3, CloseCause::local));
}

TEST_F(ListenerTest, makes_room_for_the_last_of_many_who_come_at_once) {
  listen({.max_connections = 2});
  std::vector<Client> clients;
  for (int i = 0; i < 6; ++i) clients.emplace_back(listener_->port());
  EXPECT_TRUE(until([&] { return listener_->counts().accepted == 6; }));
  EXPECT_TRUE(until([&] { return listener_->counts().open == 2; }));
  for (std::size_t i = 0; i < clients.size(); ++i) EXPECT_EQ(has_ended(clients[i]), i < 4) << i;
  EXPECT_EQ(listener_->counts().displaced, 4U);
}

TEST_F(ListenerTest, whoever_is_being_closed_makes_room) {
  listen({.max_connections = 1});
  Client first = connect();
  Connection& connection = *script_.connections.front();
  connection.set_expendable(false);
  in_shard([&] { connection.close_after_flush(); });
  EXPECT_TRUE(until([&] { return has_ended(first); }));
  EXPECT_EQ(listener_->counts().open, 1U) << "the peer's end is awaited";
  Client second{listener_->port()};
  EXPECT_TRUE(until([&] { return listener_->counts().displaced == 1; }));
  EXPECT_TRUE(until([&] { return listener_->counts().open == 1; }));
  EXPECT_FALSE(has_ended(second));
}

TEST_F(ListenerTest, a_connection_takes_a_second_place_and_gives_it_back) {
  listen({.max_connections = 3});
  Client first = connect(), second = connect();
  std::shared_ptr<void> place;
  script_.connections[0]->set_expendable(false);
  in_shard([&] { place = script_.connections[0]->take_place(); });
  ASSERT_TRUE(place);
  EXPECT_EQ(listener_->counts().open, 3U);

  Client third{listener_->port()};
  EXPECT_TRUE(until([&] { return has_ended(second); })) << "the places of three are taken";
  EXPECT_TRUE(until([&] { return script_.destroyed == 1; }));
  script_.connections.back()->set_expendable(false);
  std::shared_ptr<void> refused = place;
  in_shard([&] { refused = script_.connections[0]->take_place(); });
  EXPECT_FALSE(refused) << "nobody makes way";
  EXPECT_EQ(listener_->counts().refused, 1U);

  place.reset();
  EXPECT_EQ(listener_->counts().open, 2U);
}

TEST_F(ListenerTest, strangers_make_way_for_a_second_place) {
  listen({.max_connections = 2});
  Client first = connect(), second = connect();
  script_.connections[0]->set_expendable(false);
  std::shared_ptr<void> place;
  in_shard([&] { place = script_.connections[0]->take_place(); });
  EXPECT_TRUE(place);
  EXPECT_TRUE(until([&] { return has_ended(second); }));
  EXPECT_FALSE(has_ended(first));
  EXPECT_EQ(listener_->counts().displaced, 1U);
}

TEST_F(ListenerTest, rests_when_file_descriptors_run_out_and_goes_on_later) {
  listen();
  Client client{listener_->port()};
  rlimit usual{};
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit none{3, usual.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const bool rested = until([&] { return listener_->counts().accept_pauses > 0; });
  ::setrlimit(RLIMIT_NOFILE, &usual);
  EXPECT_TRUE(rested);
  EXPECT_LE(listener_->counts().accept_pauses, 2U) << "it spins";
  EXPECT_TRUE(until([&] { return script_.connections.size() == 1; }));
}

TEST_F(ListenerTest, stops_accepting_and_keeps_what_is_open) {
  script_.on_bytes = [](Connection& connection, std::string_view bytes) { connection.send(bytes); };
  listen();
  Client client = connect();
  const auto port = listener_->port();
  listener_->stop_accepting();
  in_shard([] {});
  EXPECT_FALSE(Client{port}.connected());
  client.send("still here");
  EXPECT_TRUE(until([&] {
    client.read();
    return client.received == "still here";
  }));
}

}  // namespace
}  // namespace parley::net
