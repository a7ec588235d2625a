#include "ops/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace parley::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Counter, adds_up_the_shards_cells) {
  Counter counter{3};
  counter.add(0);
  counter.add(2, 5);
  EXPECT_EQ(counter.value(), 6u);
}

TEST(Counter, loses_nothing_when_each_shard_has_its_thread) {
  Counter counter{4};
  std::vector<std::thread> threads;
  for (std::size_t shard = 0; shard < 4; ++shard) {
    threads.emplace_back([&counter, shard] {
      for (int i = 0; i < 10'000; ++i) counter.add(shard);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000u);
}

TEST(Gauge, shows_the_sum_of_its_parts) {
  Gauge gauge{2};
  gauge.add(0, 5);
  gauge.add(0, -2);
  gauge.set(1, 10);
  gauge.set(1, 7);
  EXPECT_EQ(gauge.value(), 10);
}

TEST(Histogram, puts_a_value_into_the_first_bucket_that_holds_it) {
  Histogram histogram{2, {0.1, 1, 10}};
  histogram.observe(0, 0.1);  // A bound belongs to its bucket.
  histogram.observe(1, 0.5);
  histogram.observe(1, 100);
  histogram.observe(0, -1);
  const auto snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.counts, (std::vector<std::uint64_t>{2, 1, 0, 1}));
  EXPECT_DOUBLE_EQ(snapshot.sum, 99.6);
}

TEST(Histogram, refuses_bounds_that_do_not_ascend) {
  EXPECT_THROW((Histogram{1, {1, 0.5}}), std::invalid_argument);
}

TEST(Metrics, exposes_a_counter_in_the_text_format) {
  Metrics metrics{2};
  auto& counter = metrics.counter("parley_messages_total", "Messages stored.");
  counter.add(0, 2);
  counter.add(1, 3);
  EXPECT_EQ(metrics.expose(),
            "# HELP parley_messages_total Messages stored.\n"
            "# TYPE parley_messages_total counter\n"
            "parley_messages_total 5\n");
}

TEST(Metrics, exposes_each_label_as_a_series_of_one_family) {
  Metrics metrics{1};
  metrics.counter("parley_rejects_total", "Rejects.", {{"cause", "token"}}).add(0, 1);
  metrics.counter("parley_rejects_total", "Rejects.", {{"cause", "rate"}}).add(0, 2);
  EXPECT_EQ(metrics.expose(),
            "# HELP parley_rejects_total Rejects.\n"
            "# TYPE parley_rejects_total counter\n"
            "parley_rejects_total{cause=\"token\"} 1\n"
            "parley_rejects_total{cause=\"rate\"} 2\n");
}

TEST(Metrics, gives_the_same_series_for_the_same_name_and_labels) {
  Metrics metrics{1};
  auto& first = metrics.gauge("parley_sessions", "Sessions.", {{"transport", "polling"}});
  auto& other = metrics.gauge("parley_sessions", "Sessions.", {{"transport", "websocket"}});
  EXPECT_EQ(&first, &metrics.gauge("parley_sessions", "Sessions.", {{"transport", "polling"}}));
  EXPECT_NE(&first, &other);
}

TEST(Metrics, exposes_histograms_cumulatively) {
  Metrics metrics{1};
  auto& histogram = metrics.histogram("parley_commit_seconds", "Commit.", {0.5, 1});
  histogram.observe(0, 0.25);
  histogram.observe(0, 0.75);
  histogram.observe(0, 2);
  EXPECT_EQ(metrics.expose(),
            "# HELP parley_commit_seconds Commit.\n"
            "# TYPE parley_commit_seconds histogram\n"
            "parley_commit_seconds_count 3\n"
            "parley_commit_seconds_sum 3\n"
            "parley_commit_seconds_bucket{le=\"0.5\"} 1\n"
            "parley_commit_seconds_bucket{le=\"1\"} 2\n"
            "parley_commit_seconds_bucket{le=\"+Inf\"} 3\n");
}

TEST(Metrics, reads_a_callback_each_time_it_is_asked) {
  Metrics metrics{1};
  double depth = 1;
  metrics.gauge_from("parley_queue_depth", "Depth.", [&depth] { return depth; });
  EXPECT_THAT(metrics.expose(), HasSubstr("parley_queue_depth 1\n"));
  depth = 7;
  EXPECT_THAT(metrics.expose(), HasSubstr("parley_queue_depth 7\n"));
}

TEST(Metrics, exposes_label_values_that_are_known_only_when_asked) {
  Metrics metrics{1};
  metrics.counters_from("parley_closes_total", "Closes.", "reason", [] {
    return std::vector<std::pair<std::string, std::uint64_t>>{{"ping timeout", 2}, {"a\"b\n", 1}};
  });
  const auto text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("parley_closes_total{reason=\"ping timeout\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(R"(parley_closes_total{reason="a\"b\n"} 1)"));
}

TEST(Metrics, writes_large_counts_exactly) {
  Metrics metrics{1};
  metrics.counter("parley_bytes_total", "Bytes.").add(0, 9'007'199'254'740'991);
  EXPECT_THAT(metrics.expose(), HasSubstr("parley_bytes_total 9007199254740991\n"));
}

TEST(Metrics, refuses_names_against_the_convention) {
  Metrics metrics{1};
  EXPECT_THROW(metrics.counter("parley_messages", "No _total."), std::invalid_argument);
  EXPECT_THROW(metrics.gauge("parley_sessions_total", "A gauge."), std::invalid_argument);
  EXPECT_THROW(metrics.counter("Parley-total", "Letters."), std::invalid_argument);
  EXPECT_THROW(metrics.counter("a_total", "Label.", {{"9", "x"}}), std::invalid_argument);
}

TEST(Metrics, refuses_one_name_for_two_kinds) {
  Metrics metrics{1};
  metrics.gauge("parley_wait_seconds", "A gauge.");
  EXPECT_THROW(metrics.histogram("parley_wait_seconds", "A histogram.", {1}),
               std::invalid_argument);
}

TEST(Metrics, refuses_to_read_one_series_from_two_places) {
  Metrics metrics{1};
  const auto read = [] { return 1.0; };
  metrics.gauge_from("parley_depth", "Depth.", read);
  EXPECT_THROW(metrics.gauge_from("parley_depth", "Depth.", read), std::invalid_argument);
  metrics.gauge_from("parley_depth", "Depth.", read, {{"queue", "hash"}});
  EXPECT_THAT(metrics.expose(), HasSubstr("parley_depth{queue=\"hash\"} 1\n"));
}

TEST(Metrics, can_be_exposed_while_shards_count) {
  Metrics metrics{1};
  auto& counter = metrics.counter("parley_ticks_total", "Ticks.");
  std::thread shard{[&counter] {
    for (int i = 0; i < 100'000; ++i) counter.add(0);
  }};
  for (int i = 0; i < 20; ++i) EXPECT_THAT(metrics.expose(), HasSubstr("parley_ticks_total "));
  shard.join();
  EXPECT_THAT(metrics.expose(), HasSubstr("parley_ticks_total 100000\n"));
}

TEST(Metrics, latency_bounds_ascend) {
  const auto bounds = latency_bounds();
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
  EXPECT_THAT(bounds, Not(::testing::IsEmpty()));
}

}  // namespace
TEST(Metrics, shows_a_histogram_that_another_room_keeps) {
  Metrics metrics{1};
  metrics.histogram_from("parley_wait_seconds", "Waiting.", {0.1, 1}, [] {
    return Histogram::Snapshot{{2, 1, 1}, 7.5};
  });
  const std::string text = metrics.expose();
  EXPECT_NE(text.find("parley_wait_seconds_bucket{le=\"0.1\"} 2"), std::string::npos) << text;
  EXPECT_NE(text.find("parley_wait_seconds_bucket{le=\"1\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("parley_wait_seconds_count 4"), std::string::npos) << text;
  EXPECT_NE(text.find("parley_wait_seconds_sum 7.5"), std::string::npos) << text;
}

}  // namespace parley::ops
