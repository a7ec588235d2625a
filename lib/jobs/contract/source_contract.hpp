#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "jobs/contract/rig.hpp"

namespace parley::jobs::contract {

/// A worker's side.
class SourceContract : public StoreTest {
 protected:
  using Kind = Ending::Kind;

  Errc refused_settling(Ending how) {
    return refusal(source_->settle(std::move(how), std::nullopt, at(10)));
  }
  /// Looks for stalled jobs until some are rescued; each look is a little later than the last.
  std::vector<JobId> rescue(unsigned max_count = 1) {
    const Source::Stalled how{max_count, 1ms};
    std::vector<JobId> rescued;
    const auto found = [&] {
      clock_ += 5;
      rescued = good(source_->rescue(how, at(clock_)));
      return !rescued.empty();
    };
    if (!net::run_until(shard_, found)) throw std::runtime_error("nothing is rescued");
    return rescued;
  }
  std::optional<Job> take_briefly() {
    return good(source_->take(taking("t", 1ms), at(clock_))).job;
  }
  /// One wait of five seconds that begins when the store can be reached.
  static Task<void> wait_once(std::shared_ptr<Source> source, bool* done) {
    while (!*done) {
      const auto waited = co_await source->wait(5s);
      *done = waited.has_value();
      if (!waited) co_await net::sleep_for(1ms);
    }
  }
  std::int64_t clock_ = 100;
};

TEST_P(SourceContract, opens_a_queue_that_nobody_has_used) {
  EXPECT_EQ(good(source_->open()), Done{});
}

TEST_P(SourceContract, hands_out_each_job_once_in_order) {
  add(), add();
  const auto first = take(at(5));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, "1");
  EXPECT_EQ(first->state, State::active);
  EXPECT_EQ(first->attempts_started, 1u);
  EXPECT_EQ(first->processed_at, at(5));
  EXPECT_EQ(first->worker, "w");
  EXPECT_EQ(take()->id, "2");
  EXPECT_FALSE(take());
  EXPECT_EQ(ids(State::active), (std::vector<JobId>{"1", "2"}));
}

TEST_P(SourceContract, hands_out_plain_jobs_before_prioritized_ones) {
  for (const std::uint32_t priority : {5u, 1u, 0u}) {
    JobOptions options;
    options.priority = priority;
    add(options);
  }
  EXPECT_EQ(take()->id, "3");
  EXPECT_EQ(take()->id, "2");
  EXPECT_EQ(take()->id, "1");
}

TEST_P(SourceContract, promotes_delayed_jobs_when_they_are_due) {
  JobOptions options;
  options.delay = 500ms;
  add(options);
  options.priority = 3;
  add(options);
  const Taken early = good(source_->take(taking(), at(499)));
  EXPECT_FALSE(early.job);
  EXPECT_EQ(early.look_again_at, at(500));
  const auto due = take(at(500));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->id, "1");
  EXPECT_EQ(due->delay, 0ms);
  EXPECT_EQ(state("2"), State::prioritized);
}

TEST_P(SourceContract, completes_a_job) {
  add();
  ASSERT_TRUE(take());
  settle(ending("1", Kind::completed, R"({"sent":true})"), at(30));
  const Job done = job("1");
  EXPECT_EQ(done.state, State::completed);
  EXPECT_EQ(done.return_value, R"({"sent":true})");
  EXPECT_EQ(done.finished_at, at(30));
  EXPECT_EQ(done.attempts_made, 1u);
  EXPECT_EQ(story("1"), (std::vector<std::string>{"added", "waiting", "active", "completed"}));
  EXPECT_EQ(last_event().name, "drained");
}

TEST_P(SourceContract, fails_a_job_and_tells_when_attempts_are_exhausted) {
  add(), add();
  ASSERT_TRUE(take());
  Ending how = ending("1", Kind::failed, "no such mailbox");
  how.stacktrace = {"Error: no such mailbox"};
  how.attempts = 3;
  settle(how);
  const Job failed = job("1");
  EXPECT_EQ(failed.state, State::failed);
  EXPECT_EQ(failed.failed_reason, "no such mailbox");
  EXPECT_EQ(failed.stacktrace, how.stacktrace);
  EXPECT_EQ(last_event().name, "failed");
  ASSERT_TRUE(take());
  how.id = "2";
  how.attempts = 1;
  settle(how);
  const auto told = story("2");
  EXPECT_EQ(std::count(told.begin(), told.end(), "retries-exhausted"), 1);
}

TEST_P(SourceContract, retries_after_a_rest) {
  add();
  ASSERT_TRUE(take());
  Ending how = ending("1", Kind::retry, "busy");
  how.delay = 200ms;
  settle(how, at(10));
  EXPECT_EQ(state("1"), State::delayed);
  EXPECT_EQ(job("1").delay, 200ms);
  EXPECT_EQ(job("1").attempts_made, 1u);
  EXPECT_FALSE(take(at(209)));
  const auto again = take(at(210));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts_started, 2u);
  EXPECT_EQ(again->failed_reason, "busy");
}

TEST_P(SourceContract, retries_at_the_end_of_the_line_without_a_rest) {
  add(), add();
  ASSERT_TRUE(take());
  settle(ending("1", Kind::retry, "busy"));
  EXPECT_EQ(ids(State::waiting), (std::vector<JobId>{"2", "1"}));
  EXPECT_EQ(last_event().field("prev"), "active");
}

TEST_P(SourceContract, takes_a_job_back_to_the_front_without_counting) {
  add(), add();
  ASSERT_TRUE(take());
  settle(ending("1", Kind::give_back));
  EXPECT_EQ(ids(State::waiting), (std::vector<JobId>{"1", "2"}));
  EXPECT_EQ(job("1").attempts_made, 0u);
  JobOptions options;
  options.priority = 2;
  add(options), add(options);
  good(queue().remove("1")), good(queue().remove("2"));
  ASSERT_EQ(take()->id, "3");
  settle(ending("3", Kind::give_back));
  EXPECT_EQ(ids(State::prioritized), (std::vector<JobId>{"3", "4"}));
}

TEST_P(SourceContract, takes_the_next_job_in_the_same_step) {
  add(), add();
  ASSERT_TRUE(take());
  Ending how = ending("1", Kind::completed);
  const Taken next = good(source_->settle(how, taking("u"), at(10)));
  ASSERT_TRUE(next.job);
  EXPECT_EQ(next.job->id, "2");
  how = ending("2", Kind::completed);
  how.token = "u";
  const Taken none = good(source_->settle(how, taking("v"), at(10)));
  EXPECT_FALSE(none.job);
  EXPECT_EQ(counts().completed, 2u);
}

TEST_P(SourceContract, takes_no_result_from_who_does_not_hold_the_job) {
  add();
  EXPECT_EQ(refused_settling(ending("1", Kind::completed)), Errc::conflict) << "not taken";
  ASSERT_TRUE(take());
  Ending foreign = ending("1", Kind::completed);
  foreign.token = "somebody else's";
  EXPECT_EQ(refused_settling(foreign), Errc::conflict);
  EXPECT_EQ(state("1"), State::active);
  complete("1");
  EXPECT_EQ(refused_settling(ending("1", Kind::completed)), Errc::conflict) << "once only";
  EXPECT_EQ(refused_settling(ending("99", Kind::completed)), Errc::conflict);
  EXPECT_EQ(counts().completed, 1u);
}

TEST_P(SourceContract, keeps_what_the_ending_says) {
  const auto finish = [this](Keep keep, Time now) {
    const JobId id = add();
    if (!take()) throw std::runtime_error("no job");
    Ending how = ending(id, Kind::completed);
    how.keep = keep;
    settle(how, now);
  };
  finish(Keep::all(), at(1000)), finish(Keep::all(), at(2000)), finish(Keep::all(), at(3000));
  finish(Keep::none(), at(4000));
  EXPECT_EQ(ids(State::completed), (std::vector<JobId>{"3", "2", "1"}));
  EXPECT_EQ(state("4"), State::none);
  finish(Keep::newest(3), at(5000));
  EXPECT_EQ(ids(State::completed), (std::vector<JobId>{"5", "3", "2"}));
  EXPECT_EQ(state("1"), State::none);
  finish(Keep::younger_than(2s), at(5500));
  EXPECT_EQ(ids(State::completed), (std::vector<JobId>{"6", "5"}));
  finish(Keep{1, 3600s, 1000}, at(6000));
  EXPECT_EQ(ids(State::completed), (std::vector<JobId>{"7"}));
}

TEST_P(SourceContract, tells_the_end_of_a_job_that_is_not_kept) {
  add();
  ASSERT_TRUE(take());
  Ending how = ending("1", Kind::completed, "7");
  how.keep = Keep::none();
  settle(how);
  EXPECT_EQ(story("1").back(), "completed");
}

TEST_P(SourceContract, extends_the_locks_that_it_holds) {
  add(), add();
  ASSERT_TRUE(take());
  ASSERT_TRUE(take(at(0), "u"));
  const auto lost = good(source_->extend(
      {{"1", "an earlier run"}, {"1", "t"}, {"2", "not mine"}, {"9", "nobody's"}}, 30s, at(0)));
  EXPECT_EQ(lost, (std::vector<Token>{"an earlier run", "not mine", "nobody's"}));
}

TEST_P(SourceContract, holds_a_job_whose_clock_stepped_back) {
  add({}, at(7'200'000));
  good(source_->rescue({1, 1ms}, at(7'200'000)));
  ASSERT_TRUE(take(at(3'600'000)));
  EXPECT_EQ(good(source_->extend({{"1", "t"}}, 30s, at(3'601'000))), std::vector<Token>{});
  complete("1", at(3'620'000));
  EXPECT_EQ(state("1"), State::completed);
}

TEST_P(SourceContract, rescues_when_the_clock_has_stepped_back) {
  good(source_->rescue({1, 1ms}, at(1'000'000'000'000)));
  add();
  ASSERT_TRUE(take_briefly());
  EXPECT_EQ(rescue(), (std::vector<JobId>{"1"}));
}

TEST_P(SourceContract, rescues_a_job_whose_lock_ran_out) {
  add();
  ASSERT_TRUE(take_briefly());
  EXPECT_EQ(rescue(), (std::vector<JobId>{"1"}));
  const Job rescued = job("1");
  EXPECT_EQ(rescued.state, State::waiting);
  EXPECT_EQ(rescued.stalled_count, 1u);
  EXPECT_EQ(story("1").back(), "stalled");
  EXPECT_EQ(refused_settling(ending("1", Kind::completed)), Errc::conflict) << "too late";
  const auto again = take(at(clock_));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts_started, 2u);
  EXPECT_EQ(again->deferred_failure, "");
}

TEST_P(SourceContract, marks_a_job_that_stalls_too_often_to_fail) {
  add();
  ASSERT_TRUE(take_briefly());
  rescue(0);
  const auto again = take(at(clock_));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->deferred_failure, "job stalled more than allowable limit");
  settle(ending("1", Kind::failed, again->deferred_failure), at(clock_));
  EXPECT_EQ(job("1").deferred_failure, "");
  EXPECT_EQ(state("1"), State::failed);
}

TEST_P(SourceContract, leaves_a_job_alone_whose_lock_holds) {
  add();
  ASSERT_TRUE(take());
  const Source::Stalled how{1, 1ms};
  for (int i = 0; i < 20; ++i) {
    clock_ += 5;
    EXPECT_TRUE(good(source_->rescue(how, at(clock_))).empty());
  }
  EXPECT_EQ(state("1"), State::active);
}

TEST_P(SourceContract, looks_for_stalled_jobs_once_an_interval) {
  add();
  ASSERT_TRUE(take_briefly());
  const Source::Stalled how{1, 3'600'000ms};
  for (int i = 0; i < 5; ++i) {
    clock_ += 5;
    EXPECT_TRUE(good(store_->new_source()->rescue(how, at(clock_))).empty());
  }
}

TEST_P(SourceContract, holds_to_a_rate) {
  add(), add(), add();
  Taking how = taking();
  how.rate = RateLimit{2, 3'600'000ms};
  EXPECT_TRUE(good(source_->take(how, at(0))).job);
  EXPECT_TRUE(good(source_->take(how, at(1))).job);
  const Taken limited = good(source_->take(how, at(2)));
  EXPECT_FALSE(limited.job);
  ASSERT_TRUE(limited.look_again_at);
  EXPECT_GT(*limited.look_again_at, at(1'000'000));
  EXPECT_TRUE(take()) << "who has no limit is not held";
}

TEST_P(SourceContract, wakes_when_a_job_is_added) {
  bool woken = false;
  shard_.spawn("wait", wait_once(source_, &woken));
  net::run_ready(shard_);
  add();
  EXPECT_TRUE(net::run_until(
      shard_, [&woken] { return woken; }, 4s));
}

TEST_P(SourceContract, stops_waiting_when_it_is_woken) {
  good(source_->open());
  bool woken = false;
  shard_.spawn("wait", wait_once(source_, &woken));
  net::run_ready(shard_);
  source_->wake();
  EXPECT_TRUE(net::run_until(
      shard_, [&woken] { return woken; }, 4s));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SourceContract);

}  // namespace parley::jobs::contract
