#include "ops/metrics_page.hpp"

#include <gtest/gtest.h>

namespace parley::ops {
namespace {

using namespace std::chrono_literals;

const SteadyTime start{1h};

TEST(MetricsPage, is_made_so_many_times_in_a_second) {
  Metrics metrics{1};
  int made = 0;
  metrics.gauge_from("made", "How often.", [&made] { return static_cast<double>(++made); });
  MetricsPage page{metrics};
  for (int i = 0; i < 1000; ++i) page.text(start + 1ms * i / 2);
  EXPECT_EQ(made, 10);
  EXPECT_NE(page.text(start + 999ms)->find("made 10\n"), std::string::npos);
  EXPECT_NE(page.text(start + 1s)->find("made 11\n"), std::string::npos);
}

TEST(MetricsPage, shows_what_has_just_happened_to_who_asks_now_and_then) {
  Metrics metrics{1};
  Counter& acts = metrics.counter("acts_total", "Acts.");
  MetricsPage page{metrics};
  for (int i = 1; i <= 10; ++i) {
    acts.add(0);
    EXPECT_NE(page.text(start + i * 10ms)->find("acts_total " + std::to_string(i) + "\n"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace parley::ops
