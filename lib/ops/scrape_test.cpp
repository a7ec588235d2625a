#include "ops/scrape.hpp"

#include <gtest/gtest.h>

namespace parley::ops {
namespace {

using namespace std::chrono_literals;

const SteadyTime start{1h};

TEST(Scrape, adds_up_families_and_passes_over_what_does_not_read) {
  const Scrape scrape("# HELP x y\nx{a=\"1\"} 2\nx{a=\"2\"} 3\nxy 7\nbad\nz NaN\n\n", start);
  EXPECT_EQ(scrape.sum("x"), 5);
  EXPECT_EQ(scrape.value("x{a=\"2\"}"), 3);
  EXPECT_EQ(scrape.sum("z"), 0);
  EXPECT_EQ(scrape.sum("nothing"), 0);
}

std::string histogram(int fast, int slow, int more) {
  return "s_bucket{le=\"0.001\"} " + std::to_string(fast) + "\ns_bucket{le=\"0.01\"} " +
         std::to_string(fast + slow) + "\ns_bucket{le=\"+Inf\"} " +
         std::to_string(fast + slow + more) + "\n";
}

TEST(Scrape, quantiles_are_of_what_came_between) {
  const Scrape before(histogram(100, 0, 0), start), after(histogram(100, 10, 0), start + 1s);
  EXPECT_EQ(quantile(before, before, "s", 0.5), std::nullopt);
  EXPECT_DOUBLE_EQ(*quantile(before, after, "s", 0.5), 0.0055);
  const Scrape late(histogram(100, 10, 5), start + 2s);
  EXPECT_DOUBLE_EQ(*quantile(after, late, "s", 0.99), 0.01);
}

TEST(Scrape, has_no_quantile_of_counts_without_end) {
  const Scrape before("", start);
  const Scrape endless("s_bucket{le=\"1\"} 1e999\ns_bucket{le=\"+Inf\"} 0x1p9999\n", start + 1s);
  EXPECT_EQ(quantile(before, endless, "s", 0.5), std::nullopt);
  const Scrape huge("s_bucket{le=\"1\",a=\"1\"} 1e308\ns_bucket{le=\"1\",a=\"2\"} 1e308\n",
                    start + 1s);
  EXPECT_EQ(quantile(before, huge, "s", 0.5), std::nullopt);
}

}  // namespace
}  // namespace parley::ops
