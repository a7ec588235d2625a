#include "net/shard.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "net/testing.hpp"

namespace parley::net {
namespace {

using namespace std::chrono_literals;

Task<void> note(bool& ran) {
  ran = true;
  co_return;
}

Task<void> throw_after_a_wait() {
  co_await sleep_for(1ms);
  throw std::runtime_error("boom");
}

Task<void> wait_and_note(std::chrono::milliseconds duration, bool& ran) {
  co_await sleep_for(duration);
  ran = true;
}

std::string reported;
void take_report(std::string_view name, std::string_view what) {
  reported = std::string{name} + ": " + std::string{what};
}

TEST(Shard, is_current_only_within_its_scope) {
  Shard shard{3};
  EXPECT_EQ(shard.index(), 3);
  EXPECT_EQ(Shard::current(), nullptr);
  {
    ShardScope scope{shard};
    EXPECT_TRUE(shard.is_current());
  }
  EXPECT_FALSE(shard.is_current());
}

TEST(Shard, posts_run_in_order_and_may_be_move_only) {
  Shard shard{0};
  std::string order;
  shard.post([&order] { order += 'a'; });
  shard.post([&order, owned = std::make_unique<char>('b')] { order += *owned; });
  run_ready(shard);
  EXPECT_EQ(order, "ab");
}

TEST(Shard, now_stands_still_within_a_turn_and_goes_on_after_it) {
  Shard shard{0};
  SteadyTime first, second, third;
  shard.post([&] {
    first = shard.now();
    while (std::chrono::steady_clock::now() < first + 2ms) {
    }
    second = shard.now();
  });
  run_ready(shard);
  shard.post([&] { third = shard.now(); });
  run_ready(shard);
  EXPECT_EQ(first, second);
  EXPECT_GE(third, first + 2ms);
}

TEST(Shard, runs_a_spawned_coroutine) {
  Shard shard{0};
  bool ran = false;
  shard.spawn("note", note(ran));
  run_ready(shard);
  EXPECT_TRUE(ran);
  EXPECT_EQ(shard.escaped_exceptions(), 0U);
}

TEST(Shard, counts_and_reports_what_escapes_a_coroutine) {
  Shard shard{0};
  reported.clear();
  set_escape_reporter(take_report);
  shard.spawn("thrower", throw_after_a_wait());
  EXPECT_TRUE(run_until(shard, [&] { return shard.escaped_exceptions() == 1; }));
  set_escape_reporter(nullptr);
  EXPECT_EQ(reported, "thrower: boom");
}

TEST(Shard, a_timer_fires_by_the_io_context) {
  Shard shard{0};
  struct Owner {
    int fired = 0;
    void on_time() { ++fired; }
  } owner;
  Timer timer = Timer::calling<&Owner::on_time>(shard.timers(), owner);
  const auto begin = std::chrono::steady_clock::now();
  timer.start(begin + 1h);
  timer.start(begin + 5ms);
  EXPECT_TRUE(run_until(shard, [&] { return owner.fired == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now(), begin + 5ms);
}

TEST(Shard, a_coroutine_that_still_waits_may_own_a_timer_when_the_shard_ends) {
  struct Held {
    explicit Held(Shard& shard) : timer(Timer::calling<&Held::on_time>(shard.timers(), *this)) {
      timer.start(SteadyTime::clock::now() + 1h);
    }
    void on_time() {}
    Timer timer;
  };
  auto hold = [](Shard& shard) -> Task<void> {
    const Held held{shard};
    co_await sleep_for(3'600'000ms);
  };
  auto shard = std::make_unique<Shard>(ShardIndex{0});
  shard->spawn("holder", hold(*shard));
  run_ready(*shard);
  EXPECT_EQ(shard->timers().size(), 1U);
  shard.reset();  // AddressSanitizer is the judge
}

TEST(sleep_for, takes_its_time) {
  Shard shard{0};
  bool ran = false;
  const auto begin = std::chrono::steady_clock::now();
  shard.spawn("sleeper", wait_and_note(10ms, ran));
  run_ready(shard);
  EXPECT_FALSE(ran);
  EXPECT_TRUE(run_until(shard, [&] { return ran; }));
  EXPECT_GE(std::chrono::steady_clock::now(), begin + 10ms);
}

TEST(Shards, make_one_a_core_for_0) {
  Shards shards{0};
  EXPECT_GE(shards.size(), 1U);
}

TEST(Shards, survive_a_posted_call_that_throws) {
  Shards shards{1};
  std::atomic<bool> after{false};
  shards[0].post([] { throw std::runtime_error("boom"); });
  shards[0].post([&after] {
    after = true;
    after.notify_one();
  });
  shards.start();
  after.wait(false);
  EXPECT_EQ(shards[0].escaped_exceptions(), 1U);
  shards.stop();
}

struct Visit {
  bool there = false, back = false;
  int value = 0;
  std::string error;
  std::atomic<bool> done{false};
};

Task<void> visit_other(Shard& home, Shard& other, Visit& visit) {
  auto look = [&other, &visit] {
    visit.there = other.is_current();
    return 42;
  };
  visit.value = co_await run_on(other, look);
  visit.back = home.is_current();
  auto refuse = [] { throw std::runtime_error("no"); };
  try {
    co_await run_on(other, refuse);
  } catch (const std::exception& exception) {
    visit.error = exception.what();
  }
  visit.done = true;
  visit.done.notify_one();
}

TEST(run_on, visits_another_shard_and_brings_value_and_exception_back) {
  Shards shards{2};
  shards.start();
  Visit visit;
  shards[0].spawn("visit", visit_other(shards[0], shards[1], visit));
  visit.done.wait(false);
  shards.stop();
  EXPECT_TRUE(visit.there);
  EXPECT_TRUE(visit.back);
  EXPECT_EQ(visit.value, 42);
  EXPECT_EQ(visit.error, "no");
}

TEST(run_on, runs_at_once_on_the_callers_own_shard) {
  Shard shard{0};
  Visit visit;
  shard.post([&] {
    shard.spawn("visit", visit_other(shard, shard, visit));
    EXPECT_TRUE(visit.done) << "no post was needed";
  });
  run_ready(shard);
  EXPECT_EQ(visit.value, 42);
}

}  // namespace
}  // namespace parley::net
