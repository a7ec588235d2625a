#include "net/signal.hpp"

#include <gtest/gtest.h>

#include "net/testing.hpp"

namespace parley::net {
namespace {

using namespace std::chrono_literals;

/// A shard without thread, and one who waits there.
class SignalTest : public ::testing::Test {
 protected:
  void wait(std::chrono::milliseconds limit) {
    is_over_ = false;
    shard_.spawn("wait", wait_once(limit));
  }
  Task<void> wait_once(std::chrono::milliseconds limit) {
    co_await signal_.wait(limit);
    is_over_ = true;
  }
  bool is_over(std::chrono::milliseconds patience) {
    return run_until(
        shard_, [this] { return is_over_; }, patience);
  }

  Shard shard_{0};
  Signal signal_{shard_.executor()};
  bool is_over_ = false;
};

TEST_F(SignalTest, waits_no_longer_than_its_limit) {
  wait(1ms);
  EXPECT_TRUE(is_over(10s));
}

TEST_F(SignalTest, wakes_who_waits_and_nobody_who_waits_later) {
  wait(1h);
  EXPECT_FALSE(is_over(0ms));
  signal_.notify();
  EXPECT_TRUE(is_over(10s));
  wait(1h);
  EXPECT_FALSE(is_over(0ms));
}

TEST_F(SignalTest, keeps_what_came_while_nobody_waited_once) {
  signal_.notify();
  signal_.notify();
  wait(1h);
  EXPECT_TRUE(is_over(0ms));
  wait(1h);
  EXPECT_FALSE(is_over(0ms));
}

}  // namespace
}  // namespace parley::net
