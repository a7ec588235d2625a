#include "jobs/options.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace parley::jobs {
namespace {

JobOptions parsed(std::string_view text) {
  auto options = options_from_json(text);
  if (!options) throw std::runtime_error(options.error().detail);
  return *options;
}

TEST(JobOptions, are_written_as_node_writes_them) {
  EXPECT_EQ(to_json({}), R"({"attempts":0})");
  JobOptions options;
  options.id = "my-id";
  options.attempts = 3;
  options.backoff = Backoff{Backoff::Kind::fixed, 500ms, 0};
  options.remove_on_complete = Keep::none();
  options.remove_on_fail = Keep{10, 3600s, 1000};
  EXPECT_EQ(to_json(options),
            R"({"attempts":3,"jobId":"my-id","backoff":{"type":"fixed","delay":500},)"
            R"("removeOnComplete":true,"removeOnFail":{"age":3600,"count":10}})");
}

TEST(JobOptions, read_back_as_written) {
  JobOptions options;
  options.id = "a\"b";
  options.delay = 60s;
  options.priority = 2;
  options.lifo = true;
  options.attempts = 7;
  options.backoff = Backoff{Backoff::Kind::exponential, 200ms, 0.25};
  options.remove_on_complete = Keep::all();
  options.remove_on_fail = Keep::younger_than(60s);
  options.deduplication = Deduplication{"D1", 5s, true, true};
  options.stack_trace_limit = 0;
  options.keep_logs = 5;
  options.created_at = from_unix_ms(1'760'000'000'000);
  EXPECT_EQ(parsed(to_json(options)), options) << to_json(options);
}

TEST(JobOptions, know_every_form_of_remove_on_complete) {
  const auto keep = [](const std::string& form) {
    return parsed(R"({"removeOnComplete":)" + form + "}").remove_on_complete;
  };
  EXPECT_EQ(keep("true"), Keep::none());
  EXPECT_EQ(keep("false"), Keep::all());
  EXPECT_EQ(keep("0"), Keep::none());
  EXPECT_EQ(keep("25"), Keep::newest(25));
  EXPECT_EQ(keep("-1"), Keep::all());
  EXPECT_EQ(keep(R"({"age":60})"), Keep::younger_than(60s));
  EXPECT_EQ(keep(R"({"count":3,"age":60,"limit":7})"), (Keep{3, 60s, 7}));
  EXPECT_EQ(keep(R"("yes")"), std::nullopt);
  EXPECT_EQ(parsed("{}").remove_on_complete, std::nullopt);
}

TEST(JobOptions, take_a_bare_number_for_a_fixed_backoff) {
  EXPECT_EQ(parsed(R"({"backoff":1500})").backoff, (Backoff{Backoff::Kind::fixed, 1500ms, 0}));
  EXPECT_EQ(parsed(R"({"backoff":{"type":"ours","delay":9}})").backoff,
            (Backoff{Backoff::Kind::fixed, 9ms, 0}));
}

TEST(JobOptions, survive_what_others_write) {
  const JobOptions odd = parsed(
      R"({"attempts":"3","delay":-5,"priority":1e300,"lifo":1,"backoff":[],"de":{"id":""},"repeat":{}})");
  EXPECT_EQ(odd.attempts, 0u);
  EXPECT_EQ(odd.delay, 0ms);
  EXPECT_EQ(odd.priority, max_priority);
  EXPECT_FALSE(odd.lifo);
  EXPECT_EQ(odd.backoff, std::nullopt);
  EXPECT_EQ(odd.deduplication, std::nullopt);
  for (const char* poison : {"", "null", "[]", "{", "\"x\"", "{\"attempts\":}"})
    EXPECT_FALSE(options_from_json(poison)) << poison;
}

struct Refusal {
  const char* what;
  std::function<void(JobOptions&)> spoil;
};

TEST(JobOptions, are_refused_when_node_would_refuse_them) {
  const Refusal refusals[] = {
      {"integer", [](JobOptions& o) { o.id = "123"; }},
      {"zero", [](JobOptions& o) { o.id = "0"; }},
      {"colon", [](JobOptions& o) { o.id = "a:b"; }},
      {"the queue's own", [](JobOptions& o) { o.id = "wait"; }},
      {"fake id", [](JobOptions& o) { o.id = "0:1:2"; }},
      {"not UTF-8", [](JobOptions& o) { o.id = "\xff"; }},
      {"long", [](JobOptions& o) { o.id = std::string(max_id_bytes + 1, 'x'); }},
      {"priority", [](JobOptions& o) { o.priority = max_priority + 1; }},
      {"negative", [](JobOptions& o) { o.delay = -1ms; }},
      {"for ever", [](JobOptions& o) { o.delay = max_delay + 1ms; }},
      {"attempts", [](JobOptions& o) { o.attempts = max_attempts + 1; }},
      {"jitter",
       [](JobOptions& o) {
         o.backoff = Backoff{Backoff::Kind::fixed, 1ms, 1.5};
       }},
      {"backoff",
       [](JobOptions& o) {
         o.backoff = Backoff{Backoff::Kind::fixed, -1ms, 0};
       }},
      {"no id",
       [](JobOptions& o) {
         o.deduplication = Deduplication{"", {}, false, false};
       }},
      {"no ttl",
       [](JobOptions& o) {
         o.deduplication = Deduplication{"d", 0ms, false, false};
       }},
  };
  for (const auto& [what, spoil] : refusals) {
    JobOptions options;
    spoil(options);
    const auto checked = check(options);
    ASSERT_FALSE(checked) << what;
    EXPECT_EQ(checked.error().code, Errc::bad_request) << what;
  }
}

TEST(JobOptions, are_taken_within_their_ranges) {
  EXPECT_TRUE(check({}));
  JobOptions options;
  options.id = "repeat:daily:1760000000000";
  options.priority = max_priority;
  options.delay = max_delay;
  options.backoff = Backoff{Backoff::Kind::exponential, 1s, 1};
  options.deduplication = Deduplication{"conversation-1", 1ms, false, false};
  EXPECT_TRUE(check(options));
}

TEST(QueueName, holds_no_colon) {
  EXPECT_TRUE(check_queue_name("email-queue"));
  EXPECT_TRUE(check_queue_name("{email-queue}"));
  EXPECT_FALSE(check_queue_name("email:queue"));
  EXPECT_FALSE(check_queue_name(""));
}

}  // namespace
}  // namespace parley::jobs
