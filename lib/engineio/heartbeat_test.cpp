#include "engineio/heartbeat.hpp"

#include <gtest/gtest.h>

namespace parley::engineio {
namespace {

using namespace std::chrono_literals;
using Action = Heartbeat::Action;

constexpr SteadyTime start{1h};
Heartbeat opened() { return Heartbeat{{.interval = 300ms, .timeout = 200ms}, start}; }
Heartbeat pinged() {
  Heartbeat heartbeat = opened();
  EXPECT_EQ(heartbeat.on_tick(start + 300ms), Action::ping);
  return heartbeat;
}

TEST(Heartbeat, pings_after_the_interval_and_not_before) {
  Heartbeat heartbeat = opened();
  EXPECT_EQ(heartbeat.deadline(), start + 300ms);
  EXPECT_EQ(heartbeat.on_tick(start + 299ms), Action::none);
  EXPECT_EQ(heartbeat.on_tick(start + 300ms), Action::ping);
  EXPECT_TRUE(heartbeat.is_waiting());
}

TEST(Heartbeat, gives_up_exactly_interval_plus_timeout_after_the_opening) {
  Heartbeat heartbeat = opened();
  EXPECT_EQ(heartbeat.on_tick(start + 303ms), Action::ping);  // a late timer
  EXPECT_EQ(heartbeat.deadline(), start + 500ms);
  EXPECT_EQ(heartbeat.on_tick(start + 499ms), Action::none);
  EXPECT_EQ(heartbeat.on_tick(start + 500ms), Action::give_up);
}

TEST(Heartbeat, gives_the_peer_its_whole_timeout_after_a_stall_of_ours) {
  Heartbeat heartbeat = opened();
  EXPECT_EQ(heartbeat.on_tick(start + 2s), Action::ping);
  EXPECT_EQ(heartbeat.on_tick(start + 2s), Action::none);
  EXPECT_EQ(heartbeat.deadline(), start + 2200ms);
}

TEST(Heartbeat, counts_the_next_interval_from_the_pong) {
  Heartbeat heartbeat = pinged();
  heartbeat.on_pong(start + 310ms);
  EXPECT_FALSE(heartbeat.is_waiting());
  EXPECT_EQ(heartbeat.on_tick(start + 500ms), Action::none);
  EXPECT_EQ(heartbeat.on_tick(start + 609ms), Action::none);
  EXPECT_EQ(heartbeat.on_tick(start + 610ms), Action::ping);
}

TEST(Heartbeat, a_pong_that_nobody_awaits_restarts_the_interval) {
  Heartbeat heartbeat = opened();
  heartbeat.on_pong(start + 200ms);
  EXPECT_EQ(heartbeat.deadline(), start + 500ms);
  EXPECT_EQ(heartbeat.on_tick(start + 500ms), Action::ping);
}

TEST(Heartbeat, another_packet_extends_the_deadline_once_a_ping) {
  Heartbeat heartbeat = pinged();
  heartbeat.on_packet(start + 450ms);
  EXPECT_EQ(heartbeat.deadline(), start + 650ms);
  heartbeat.on_packet(start + 600ms);
  EXPECT_EQ(heartbeat.on_tick(start + 650ms), Action::give_up);
}

TEST(Heartbeat, may_be_extended_again_by_the_next_ping) {
  Heartbeat heartbeat = pinged();
  heartbeat.on_packet(start + 400ms);
  heartbeat.on_pong(start + 410ms);
  EXPECT_EQ(heartbeat.on_tick(start + 710ms), Action::ping);
  heartbeat.on_packet(start + 800ms);
  EXPECT_EQ(heartbeat.deadline(), start + 1000ms);
}

TEST(Heartbeat, other_packets_do_not_delay_a_ping) {
  Heartbeat heartbeat = opened();
  heartbeat.on_packet(start + 290ms);
  EXPECT_EQ(heartbeat.on_tick(start + 300ms), Action::ping);
}

TEST(Heartbeat, a_swap_restarts_an_awaited_pong_and_nothing_else) {
  Heartbeat idle = opened();
  idle.on_swap(start + 100ms);
  EXPECT_EQ(idle.deadline(), start + 300ms);
  Heartbeat waiting = pinged();
  waiting.on_swap(start + 490ms);
  EXPECT_EQ(waiting.deadline(), start + 690ms);
  EXPECT_EQ(waiting.on_tick(start + 690ms), Action::give_up);
}

}  // namespace
}  // namespace parley::engineio
