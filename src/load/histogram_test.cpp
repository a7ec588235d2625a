#include "load/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace parley::load {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

TEST(Histogram, is_zero_while_empty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.at(0.99), 0ns);
  EXPECT_EQ(histogram.mean(), 0ns);
  EXPECT_EQ(histogram.max(), 0ns);
}

TEST(Histogram, keeps_small_values_exactly) {
  Histogram histogram;
  for (int value = 1; value <= 100; ++value) histogram.add(nanoseconds{value});
  EXPECT_EQ(histogram.at(0.5), 50ns);
  EXPECT_EQ(histogram.at(0.99), 99ns);
  EXPECT_EQ(histogram.at(1), 100ns);
  EXPECT_EQ(histogram.at(0), 1ns);
  EXPECT_EQ(histogram.mean(), 50ns);
}

TEST(Histogram, is_at_most_one_percent_above_the_exact_percentile) {
  std::mt19937_64 random{7};
  std::lognormal_distribution<double> distribution{14, 2};
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(static_cast<std::int64_t>(distribution(random)));
    histogram.add(nanoseconds{values.back()});
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 50'000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    const auto given = static_cast<double>(histogram.at(share).count());
    EXPECT_GE(given, exact) << share;
    EXPECT_LE(given, exact * 1.01) << share;
  }
  EXPECT_EQ(histogram.max().count(), values.back());
}

TEST(Histogram, never_gives_more_than_the_greatest_value) {
  Histogram histogram;
  histogram.add(1'000'001ns);
  EXPECT_EQ(histogram.at(0.5), 1'000'001ns);
}

TEST(Histogram, takes_what_is_out_of_range) {
  Histogram histogram;
  histogram.add(-5ns);
  histogram.add(100h);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.at(0.5), 0ns);
  EXPECT_EQ(histogram.max(), 100h);
  EXPECT_GT(histogram.at(1), 4h);
}

TEST(Histogram, merges) {
  Histogram first, second;
  first.add(10ns);
  second.add(30ns);
  second.add(20ns);
  first.merge(second);
  EXPECT_EQ(first.count(), 3u);
  EXPECT_EQ(first.at(0.5), 20ns);
  EXPECT_EQ(first.max(), 30ns);
  EXPECT_EQ(first.mean(), 20ns);
}

}  // namespace
}  // namespace parley::load
