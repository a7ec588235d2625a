#include "ops/process_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <sstream>

namespace parley::ops {
namespace {

using ::testing::HasSubstr;

/// The value of the series `name` in an exposition; -1 when it is missing.
double value_of(const std::string& text, const std::string& name) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ' ')) return std::stod(line.substr(name.size() + 1));
  }
  return -1;
}

TEST(ProcessStat, is_read_from_the_kernels_line) {
  const auto stat = detail::parse_stat(
      "123 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 150 13 14 15 16 9 18 5000 4096000 300 x y", 100,
      4096);
  ASSERT_TRUE(stat);
  EXPECT_DOUBLE_EQ(stat->cpu_seconds, 4.0);
  EXPECT_DOUBLE_EQ(stat->threads, 9);
  EXPECT_DOUBLE_EQ(stat->start_seconds, 50);
  EXPECT_DOUBLE_EQ(stat->virtual_bytes, 4096000);
  EXPECT_DOUBLE_EQ(stat->resident_bytes, 300 * 4096.0);
}

TEST(ProcessStat, is_refused_when_it_is_cut_off) {
  EXPECT_FALSE(detail::parse_stat("", 100, 4096));
  EXPECT_FALSE(detail::parse_stat("123 (x) S 1 2 3", 100, 4096));
}

TEST(ProcessStat, finds_the_boot_time_among_other_lines) {
  EXPECT_EQ(detail::parse_boot_time("cpu 1 2 3\nbtime 1700000000\nprocesses 5\n"), 1700000000);
  EXPECT_FALSE(detail::parse_boot_time("cpu 1 2 3\n"));
}

TEST(ProcessMetrics, describe_this_process) {
  Metrics metrics{1};
  add_process_metrics(metrics);
  const auto text = metrics.expose();
  EXPECT_GE(value_of(text, "process_cpu_seconds_total"), 0);
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 100'000);
  EXPECT_GT(value_of(text, "process_virtual_memory_bytes"), 100'000);
  EXPECT_GE(value_of(text, "process_threads"), 1);
  EXPECT_GE(value_of(text, "process_open_fds"), 3);
  EXPECT_GE(value_of(text, "process_max_fds"), value_of(text, "process_open_fds"));
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(value_of(text, "process_start_time_seconds"), now, 3600);
}

TEST(BuildInfo, is_a_series_of_value_one) {
  Metrics metrics{1};
  add_build_info(metrics, {"0.1.0", "abc1234", "GCC 12.2.0"});
  EXPECT_THAT(metrics.expose(), HasSubstr("parley_build_info{version=\"0.1.0\",commit=\"abc1234\","
                                          "compiler=\"GCC 12.2.0\"} 1\n"));
}

}  // namespace
}  // namespace parley::ops
