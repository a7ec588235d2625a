#include "jobs/lifecycle.hpp"

#include <gtest/gtest.h>

namespace parley::jobs {
namespace {

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

Job job_of(JobOptions options = {}) { return new_job({"n", "{}", std::move(options)}, "1", at(0)); }

Job running(JobOptions options = {}) {
  Job job = job_of(std::move(options));
  begin(job, "w", at(10));
  return job;
}

Ending ending(Ending::Kind kind, std::string text = {}) {
  Ending made;
  made.id = "1";
  made.kind = kind;
  made.text = std::move(text);
  return made;
}

TEST(Lifecycle, puts_a_new_job_where_its_options_say) {
  EXPECT_EQ(job_of().state, State::waiting);
  JobOptions options;
  options.priority = 3;
  EXPECT_EQ(job_of(options).state, State::prioritized);
  options.delay = 5s;
  const Job delayed = job_of(options);
  EXPECT_EQ(delayed.state, State::delayed);
  EXPECT_EQ(due_at(delayed, delayed.created_at), at(5000));
  const Events events = events_of_add(delayed);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].name, "delayed");
  EXPECT_EQ(events[1].field("delay"), std::to_string(to_unix_ms(at(5000))));
}

TEST(Lifecycle, promotes_a_delayed_job_by_its_priority) {
  JobOptions options;
  options.priority = 3;
  options.delay = 5s;
  Job job = job_of(options);
  EXPECT_EQ(promote(job).field("prev"), "delayed");
  EXPECT_EQ(job.state, State::prioritized);
  EXPECT_EQ(job.delay, 0ms);
}

TEST(Lifecycle, counts_a_start_and_an_end) {
  Job job = running();
  EXPECT_EQ(job.attempts_started, 1u);
  EXPECT_EQ(job.attempts_made, 0u);
  EXPECT_EQ(job.processed_at, at(10));
  EXPECT_EQ(job.worker, "w");
  const Events events = end(job, ending(Ending::Kind::completed, "42"), at(20));
  EXPECT_EQ(job.state, State::completed);
  EXPECT_EQ(job.attempts_made, 1u);
  EXPECT_EQ(job.return_value, "42");
  EXPECT_EQ(job.finished_at, at(20));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].field("returnvalue"), "42");
}

TEST(Lifecycle, tells_exhausted_attempts_and_nothing_before) {
  Job job = running();
  Ending early = ending(Ending::Kind::failed, "no");
  early.attempts = 3;
  EXPECT_EQ(end(job, early, at(20)).size(), 1u);
  Job last = running();
  last.attempts_made = 2;
  const Events events = end(last, early, at(20));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].name, "retries-exhausted");
  EXPECT_EQ(events[1].field("attemptsMade"), "3");
}

TEST(Lifecycle, rests_before_a_retry_or_waits_at_once) {
  Job job = running();
  Ending again = ending(Ending::Kind::retry, "later");
  again.delay = 300ms;
  EXPECT_EQ(end(job, again, at(20))[0].field("delay"), std::to_string(to_unix_ms(at(320))));
  EXPECT_EQ(job.state, State::delayed);
  EXPECT_EQ(job.delay, 300ms);
  EXPECT_EQ(job.failed_reason, "later");
  Job at_once = running();
  again.delay = 0ms;
  EXPECT_EQ(end(at_once, again, at(20))[0].name, "waiting");
  EXPECT_EQ(at_once.state, State::waiting);
  EXPECT_EQ(at_once.attempts_made, 1u);
}

TEST(Lifecycle, gives_back_without_counting) {
  Job job = running();
  end(job, ending(Ending::Kind::give_back), at(20));
  EXPECT_EQ(job.state, State::waiting);
  EXPECT_EQ(job.attempts_made, 0u);
  EXPECT_EQ(job.failed_reason, "");
}

TEST(Lifecycle, fails_a_job_that_stalls_too_often_when_it_is_taken) {
  Job job = running();
  const Events events = stall(job, 1, 0ms, at(25));
  EXPECT_EQ(events[1].name, "stalled");
  EXPECT_EQ(job.deferred_failure, "");
  begin(job, "w", at(30));
  stall(job, 1, 10s, at(35));
  EXPECT_EQ(job.state, State::waiting) << "to be failed at once";
  EXPECT_EQ(job.stalled_count, 2u);
  EXPECT_EQ(job.deferred_failure, "job stalled more than allowable limit");
  end(job, ending(Ending::Kind::failed, job.deferred_failure), at(40));
  EXPECT_EQ(job.deferred_failure, "");
}

TEST(Lifecycle, revives_a_failed_job) {
  Job job = running();
  end(job, ending(Ending::Kind::failed, "no"), at(20));
  EXPECT_EQ(revive(job).field("prev"), "failed");
  EXPECT_EQ(job.state, State::waiting);
  EXPECT_EQ(job.failed_reason, "");
  EXPECT_EQ(job.finished_at, std::nullopt);
  EXPECT_EQ(job.attempts_made, 1u);
}

TEST(Claim, belongs_to_one_job_until_it_ends) {
  const Deduplication plain{"d", {}, false, false};
  const Owner owner{"1", {}};
  EXPECT_EQ(claim(plain, {}, State::none, at(0)), Claim::granted);
  EXPECT_EQ(claim(plain, owner, State::active, at(0)), Claim::refused);
  EXPECT_EQ(claim(plain, owner, State::none, at(0)), Claim::granted) << "the owner is gone";
}

TEST(Claim, runs_out) {
  const Deduplication timed{"d", 5s, false, false};
  const Owner owner{"1", at(5000)};
  EXPECT_EQ(claim(timed, owner, State::completed, at(4999)), Claim::refused);
  EXPECT_EQ(claim(timed, owner, State::none, at(4999)), Claim::refused);
  EXPECT_EQ(claim(timed, owner, State::waiting, at(5000)), Claim::granted);
}

TEST(Claim, replaces_only_a_delayed_owner) {
  const Deduplication replacing{"d", {}, false, true};
  const Owner owner{"1", {}};
  EXPECT_EQ(claim(replacing, owner, State::delayed, at(0)), Claim::replaces);
  EXPECT_EQ(claim(replacing, owner, State::active, at(0)), Claim::refused);
}

}  // namespace
}  // namespace parley::jobs
