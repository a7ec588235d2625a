#include "net/testing.hpp"

#include <gtest/gtest.h>

namespace parley::net {
namespace {

using namespace std::chrono_literals;

struct Seen {
  std::string received;
  int drained = 0, destroyed = 0;
  std::vector<CloseCause> causes;
  std::function<void(Connection&)> on_bytes;
};

class SeeingProtocol final : public Protocol {
 public:
  SeeingProtocol(Seen& seen, Connection& connection) : seen_(seen), connection_(connection) {}
  ~SeeingProtocol() override { ++seen_.destroyed; }
  void on_bytes(std::span<char> bytes) override {
    seen_.received.append(bytes.data(), bytes.size());
    if (seen_.on_bytes) seen_.on_bytes(connection_);
  }
  void on_drained() override { ++seen_.drained; }
  void on_closed(CloseCause cause) override { seen_.causes.push_back(cause); }

 private:
  Seen& seen_;
  Connection& connection_;
};

class FakeConnectionTest : public testing::Test {
 protected:
  FakeConnectionTest() {
    connection_.set_protocol(std::make_unique<SeeingProtocol>(seen_, connection_));
  }
  Seen seen_;
  Shard shard_{0};
  FakeConnection connection_{shard_};
};

TEST_F(FakeConnectionTest, shows_what_was_sent_and_tells_when_it_has_left) {
  seen_.on_bytes = [](Connection& connection) {
    connection.send("ab");
    connection.send(std::make_shared<const std::string>("xcd"), 1);
  };
  connection_.feed("go");
  EXPECT_EQ(seen_.received, "go");
  EXPECT_EQ(connection_.take_sent(), "abcd");
  EXPECT_EQ(connection_.flushes(), 1U);
  EXPECT_EQ(seen_.drained, 1);
  EXPECT_EQ(connection_.take_sent(), "");
}

TEST_F(FakeConnectionTest, feeds_in_pieces_and_waits_while_paused) {
  seen_.on_bytes = [](Connection& connection) { connection.pause(); };
  connection_.feed_in_pieces("abc");
  EXPECT_EQ(seen_.received, "a");
  connection_.resume();
  connection_.end_turn();
  EXPECT_EQ(seen_.received, "abc");
}

TEST_F(FakeConnectionTest, a_blocked_peer_takes_nothing) {
  connection_.block();
  connection_.send("late");
  EXPECT_EQ(connection_.take_sent(), "");
  EXPECT_FALSE(connection_.is_writable());
  EXPECT_EQ(connection_.queued_bytes(), 4U);
  connection_.unblock();
  EXPECT_EQ(connection_.take_sent(), "late");
}

TEST_F(FakeConnectionTest, cuts_off_a_slow_consumer) {
  FakeConnection slow{shard_, {.max_queued = 3}};
  slow.set_protocol(std::make_unique<SeeingProtocol>(seen_, slow));
  slow.block();
  slow.send("1234");
  slow.send("5");
  slow.end_turn();
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::slow_consumer});
}

TEST_F(FakeConnectionTest, closes_after_the_flush_and_never_inside_a_call) {
  bool told_inside = true;
  seen_.on_bytes = [&](Connection& connection) {
    connection.send("bye");
    connection.close_after_flush();
    told_inside = !seen_.causes.empty();
  };
  connection_.feed("x");
  EXPECT_FALSE(told_inside);
  EXPECT_TRUE(connection_.is_closed());
  EXPECT_EQ(connection_.take_sent(), "bye");
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::local});
  EXPECT_EQ(seen_.destroyed, 1);
}

TEST_F(FakeConnectionTest, tells_of_the_peers_end_once) {
  connection_.drop(CloseCause::error);
  connection_.drop();
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::error});
}

TEST_F(FakeConnectionTest, moves_with_its_unsent_bytes) {
  Shard target{1};
  connection_.block();
  connection_.send("first ");
  Seen there;
  connection_.move_to(target, [&there](Connection& connection) {
    connection.set_protocol(std::make_unique<SeeingProtocol>(there, connection));
    connection.send("second");
  });
  EXPECT_FALSE(connection_.is_open());
  connection_.end_turn();
  EXPECT_EQ(seen_.destroyed, 1);
  EXPECT_TRUE(seen_.causes.empty());
  const auto arrived = connection_.arrive();
  ASSERT_NE(arrived, nullptr);
  EXPECT_EQ(&arrived->shard(), &target);
  EXPECT_EQ(arrived->take_sent(), "first second");
  EXPECT_EQ(connection_.arrive(), nullptr);
}

TEST(run_until, gives_up_at_its_limit) {
  Shard shard{0};
  EXPECT_FALSE(run_until(
      shard, [] { return false; }, 1ms));
}

}  // namespace
}  // namespace parley::net
