#include "jobs/record.hpp"

#include <gtest/gtest.h>

namespace parley::jobs {
namespace {

TEST(Record, reads_what_node_wrote) {
  const Job job =
      job_from_fields("12", {{"name", "send-email"},
                             {"data", R"({"receiverId":"a"})"},
                             {"opts", R"({"removeOnFail":{"age":3600,"count":10},"attempts":3})"},
                             {"timestamp", "1760000000123"},
                             {"delay", "0"},
                             {"priority", "5"},
                             {"ats", "2"},
                             {"atm", "1"},
                             {"stc", "1"},
                             {"processedOn", "1760000000200"},
                             {"finishedOn", "1760000000300"},
                             {"pb", "w1"},
                             {"returnvalue", "null"},
                             {"failedReason", "boom"},
                             {"stacktrace", R"(["Error: boom\n    at x"])"},
                             {"somethingNew", "x"}});
  EXPECT_EQ(job.id, "12");
  EXPECT_EQ(job.name, "send-email");
  EXPECT_EQ(job.options.attempts, 3u);
  EXPECT_EQ(job.options.remove_on_fail, (Keep{10, 3600s, 1000}));
  EXPECT_EQ(to_unix_ms(job.created_at), 1760000000123);
  EXPECT_EQ(job.priority, 5u);
  EXPECT_EQ(job.attempts_started, 2u);
  EXPECT_EQ(job.attempts_made, 1u);
  EXPECT_EQ(job.stalled_count, 1u);
  EXPECT_EQ(job.finished_at, from_unix_ms(1760000000300));
  EXPECT_EQ(job.stacktrace.size(), 1u);
  EXPECT_EQ(job.unreadable, "");
}

TEST(Record, tolerates_a_hash_without_anything) {
  const Job job = job_from_fields("1", {});
  EXPECT_EQ(job.data, "{}");
  EXPECT_EQ(job.options, JobOptions{});
  EXPECT_EQ(job.unreadable, "");
}

TEST(Record, tells_options_that_are_no_json) {
  for (const char* poison : {"", "null", "{attempts", "7"}) {
    const Job job = job_from_fields("1", {{"opts", poison}});
    EXPECT_NE(job.unreadable, "") << poison;
  }
}

TEST(Record, takes_numbers_that_are_none_for_zero) {
  for (const char* odd : {"", "x", "-3", "1e400", "nan", "12x", "99999999999999999999"}) {
    const Job job = job_from_fields("1", {{"atm", odd}, {"timestamp", odd}, {"stacktrace", odd}});
    EXPECT_EQ(job.attempts_made, 0u) << odd;
    EXPECT_EQ(to_unix_ms(job.created_at), 0) << odd;
    EXPECT_TRUE(job.stacktrace.empty()) << odd;
  }
  EXPECT_EQ(job_from_fields("1", {{"delay", "1.5"}}).delay, 1ms);
}

TEST(Record, reads_back_what_it_wrote) {
  Job job;
  job.id = "9";
  job.name = "n";
  job.data = "[1]";
  job.options.attempts = 4;
  job.created_at = from_unix_ms(5);
  job.delay = 70ms;
  job.priority = 3;
  job.attempts_made = 2;
  job.attempts_started = 3;
  job.stalled_count = 1;
  job.processed_at = from_unix_ms(6);
  job.finished_at = from_unix_ms(7);
  job.worker = "w";
  job.return_value = "{}";
  job.failed_reason = "r";
  job.stacktrace = {"a \"quoted\"", "b\n"};
  job.progress = "50";
  job.deferred_failure = "d";
  job.deduplication_id = "e";
  job.scheduler_id = "s";
  job.parent_key = "p";
  const Fields fields = to_fields(job);
  EXPECT_EQ(to_fields(job_from_fields("9", fields)), fields);
  EXPECT_EQ(job_from_fields("9", fields).stacktrace, job.stacktrace);
}

TEST(Record, writes_only_what_is_set) {
  Job job;
  job.name = "n";
  const Fields fields = to_fields(job);
  EXPECT_EQ(fields.size(), 6u);
  EXPECT_EQ(to_json_array({}), "[]");
  EXPECT_EQ(to_json_array({"\xff"}), "[\"(not UTF-8)\"]");
}

}  // namespace
}  // namespace parley::jobs
