#include "net/timer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace parley::net {
namespace {

using namespace std::chrono_literals;

const SteadyTime start{std::chrono::hours{1}};

/// Notes when it was called; optionally does something then.
struct Probe {
  explicit Probe(Timers& timers, std::vector<int>* calls = nullptr, int id = 0)
      : timer(Timer::calling<&Probe::on_time>(timers, *this)), calls_(calls), id_(id) {}

  void on_time() {
    ++fired;
    if (calls_ != nullptr) calls_->push_back(id_);
    if (restart_at) timer.start(*restart_at);
    if (stops != nullptr) stops->stop();
    if (victim != nullptr) victim->reset();  // may be this very object
  }

  Timer timer;
  int fired = 0;
  std::optional<SteadyTime> restart_at;
  std::unique_ptr<Probe>* victim = nullptr;
  Timer* stops = nullptr;

 private:
  std::vector<int>* calls_;
  int id_;
};

TEST(Timer, takes_56_bytes) { EXPECT_EQ(sizeof(Timer), 56U); }

TEST(Timer, fires_once_and_never_early) {
  Timers timers;
  Probe probe{timers};
  probe.timer.start(start + 10ms);
  timers.run(start + 9ms);
  EXPECT_EQ(probe.fired, 0);
  EXPECT_TRUE(probe.timer.is_running());
  timers.run(start + 10ms);
  timers.run(start + 20ms);
  EXPECT_EQ(probe.fired, 1);
  EXPECT_FALSE(probe.timer.is_running());
}

TEST(Timer, a_new_start_replaces_the_old_deadline) {
  Timers timers;
  Probe probe{timers};
  probe.timer.start(start + 10ms);
  probe.timer.start(start + 30ms);
  EXPECT_EQ(timers.size(), 1U);
  timers.run(start + 20ms);
  EXPECT_EQ(probe.fired, 0);
  timers.run(start + 30ms);
  EXPECT_EQ(probe.fired, 1);
}

TEST(Timer, stops_when_asked_and_when_destroyed) {
  Timers timers;
  Probe stopped{timers};
  stopped.timer.start(start);
  stopped.timer.stop();
  stopped.timer.stop();
  {
    Probe destroyed{timers};
    destroyed.timer.start(start);
    EXPECT_EQ(timers.size(), 1U);
  }
  timers.run(start + 1s);
  EXPECT_EQ(stopped.fired, 0);
  EXPECT_EQ(timers.size(), 0U);
}

TEST(Timers, fire_in_the_order_of_their_deadlines) {
  Timers timers;
  std::vector<int> calls;
  Probe third{timers, &calls, 3}, first{timers, &calls, 1}, second{timers, &calls, 2};
  third.timer.start(start + 3ms);
  first.timer.start(start + 1ms);
  second.timer.start(start + 2ms);
  EXPECT_EQ(timers.next_deadline(), start + 1ms);
  timers.run(start + 5ms);
  EXPECT_EQ(calls, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(timers.next_deadline(), SteadyTime::max());
}

TEST(Timers, a_callback_may_start_its_timer_again) {
  Timers timers;
  Probe probe{timers};
  probe.restart_at = start + 20ms;
  probe.timer.start(start + 10ms);
  timers.run(start + 10ms);
  EXPECT_EQ(probe.fired, 1);
  EXPECT_EQ(timers.next_deadline(), start + 20ms);
}

TEST(Timers, a_callback_that_starts_its_timer_for_the_past_does_not_hold_the_loop) {
  Timers timers;
  Probe probe{timers};
  probe.restart_at = start - 1s;
  probe.timer.start(start);
  timers.run(start);
  EXPECT_EQ(probe.fired, 1);
  timers.run(start);
  EXPECT_EQ(probe.fired, 2);
}

TEST(Timers, a_callback_may_destroy_a_timer_that_is_due_and_its_own) {
  Timers timers;
  auto other = std::make_unique<Probe>(timers);
  auto self = std::make_unique<Probe>(timers);
  Probe killer{timers};
  killer.victim = &other;
  self->victim = &self;
  killer.timer.start(start);
  other->timer.start(start + 1ms);
  self->timer.start(start + 2ms);
  timers.run(start + 5ms);
  EXPECT_EQ(other, nullptr);
  EXPECT_EQ(self, nullptr);
  EXPECT_EQ(killer.fired, 1);
}

TEST(Timers, a_callback_may_stop_a_timer_that_is_due) {
  Timers timers;
  Probe stopper{timers}, stopped{timers};
  stopper.stops = &stopped.timer;
  stopper.timer.start(start);
  stopped.timer.start(start);
  timers.run(start);
  EXPECT_EQ(stopper.fired, 1);
  EXPECT_EQ(stopped.fired, 0);
}

TEST(Timers, wake_is_called_only_when_the_earliest_deadline_became_earlier) {
  int wakes = 0;
  Timers timers{&wakes, [](void* count) { ++*static_cast<int*>(count); }};
  Probe a{timers}, b{timers}, c{timers};
  a.timer.start(start + 10ms);
  EXPECT_EQ(wakes, 1);
  b.timer.start(start + 20ms);
  EXPECT_EQ(wakes, 1);
  c.timer.start(start + 5ms);
  EXPECT_EQ(wakes, 2);
}

}  // namespace
}  // namespace parley::net
