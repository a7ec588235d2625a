#include "jobs/verdict.hpp"

#include <gtest/gtest.h>

namespace parley::jobs {
namespace {

constexpr Backoff::Kind fixed = Backoff::Kind::fixed, exponential = Backoff::Kind::exponential;

TEST(Backoff, rests_as_node_does) {
  const struct {
    Backoff backoff;
    std::uint32_t run;
    double random;
    std::chrono::milliseconds rest;
  } cases[] = {
      {{fixed, 500ms, 0}, 1, 0.9, 500ms},         {{fixed, 500ms, 0}, 9, 0.9, 500ms},
      {{exponential, 200ms, 0}, 1, 0, 200ms},     {{exponential, 200ms, 0}, 2, 0, 400ms},
      {{exponential, 200ms, 0}, 5, 0, 3200ms},    {{fixed, 1000ms, 1}, 1, 0, 0ms},
      {{fixed, 1000ms, 1}, 1, 0.5, 500ms},        {{fixed, 1000ms, 0.5}, 1, 0, 500ms},
      {{fixed, 1000ms, 0.5}, 1, 0.999, 999ms},    {{exponential, 100ms, 0.5}, 3, 0, 200ms},
      {{exponential, 1s, 0}, 1000, 0, max_delay}, {{exponential, 0ms, 0}, 70, 0, 0ms},
  };
  for (const auto& one : cases)
    EXPECT_EQ(rest_after(one.backoff, one.run, one.random).count(), one.rest.count())
        << "run " << one.run << " random " << one.random;
}

Job job_with(std::uint32_t attempts, std::uint32_t made) {
  Job job;
  job.id = "7";
  job.options.attempts = attempts;
  job.attempts_made = made;
  return job;
}

TEST(Verdict, retries_while_attempts_are_left) {
  const Error error = fail(Errc::unavailable, "no route");
  Job job = job_with(3, 1);
  job.options.backoff = Backoff{exponential, 200ms, 0};
  const Ending again = ending_of_failure(job, error, 0, Keep::all());
  EXPECT_EQ(again.kind, Ending::Kind::retry);
  EXPECT_EQ(again.delay, 400ms);
  EXPECT_EQ(again.text, "no route");
  const Job last = job_with(3, 2), only = job_with(0, 0);
  EXPECT_EQ(ending_of_failure(last, error, 0, Keep::all()).kind, Ending::Kind::failed);
  EXPECT_EQ(ending_of_failure(only, error, 0, Keep::all()).kind, Ending::Kind::failed);
}

TEST(Verdict, fails_at_once_when_the_job_itself_is_wrong) {
  for (const Errc code : {Errc::bad_request, Errc::not_found, Errc::not_supported, Errc::corrupt,
                          Errc::forbidden, Errc::too_large}) {
    const Error error = fail(code);
    EXPECT_EQ(ending_of_failure(job_with(9, 0), error, 0, Keep::all()).kind, Ending::Kind::failed);
  }
  for (const Errc code : {Errc::internal, Errc::timeout, Errc::overloaded, Errc::rate_limited}) {
    const Error error = fail(code);
    EXPECT_EQ(ending_of_failure(job_with(9, 0), error, 0, Keep::all()).kind, Ending::Kind::retry);
  }
}

TEST(Verdict, names_the_reason_even_when_nobody_gave_one) {
  const Error silent = fail(Errc::timeout);
  EXPECT_EQ(ending_of_failure(job_with(0, 0), silent, 0, Keep::all()).text,
            "The server took too long. Please try again.");
}

TEST(Verdict, cuts_long_reasons_between_characters) {
  std::string text(4095, 'x');
  for (int i = 0; i < 100; ++i) text += "\xC3\xA4";
  const Ending ending =
      ending_of_failure(job_with(0, 0), fail(Errc::internal, text), 0, Keep::all());
  EXPECT_EQ(ending.text, std::string(4095, 'x'));
}

TEST(Verdict, lets_the_jobs_own_wish_decide_what_stays) {
  Job job = job_with(0, 0);
  EXPECT_EQ(ending_of_success(job, "1", Keep::newest(5)).keep, Keep::newest(5));
  job.options.remove_on_complete = Keep::none();
  job.options.remove_on_fail = Keep::newest(2);
  EXPECT_EQ(ending_of_success(job, "1", Keep::newest(5)).keep, Keep::none());
  EXPECT_EQ(ending_of_failure(job, fail(Errc::internal), 0, Keep::all()).keep, Keep::newest(2));
}

TEST(Stacktrace, keeps_the_newest_entries) {
  JobOptions options;
  EXPECT_EQ(with_failure({"a"}, "b", options), (std::vector<std::string>{"a", "b"}));
  options.stack_trace_limit = 1;
  EXPECT_EQ(with_failure({"a"}, "b", options), (std::vector<std::string>{"b"}));
  options.stack_trace_limit = 0;
  EXPECT_TRUE(with_failure({"a"}, "b", options).empty());
}

}  // namespace
}  // namespace parley::jobs
