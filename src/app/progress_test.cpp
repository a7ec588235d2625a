#include "app/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

SteadyTime after(std::chrono::milliseconds time) { return SteadyTime{} + 1h + time; }

TEST(ProgressBar, draws_over_itself_with_rate_and_time_left) {
  std::ostringstream out;
  ProgressBar bar(out, ProgressBar::Style::bar);
  bar.show("importing", 0, 4'000'000, after(0ms));
  EXPECT_EQ(out.str(), "");
  bar.show("importing", 1'000'000, 4'000'000, after(10s));
  EXPECT_EQ(out.str(),
            "\rimporting [#######.....................] 25%  1,000,000 records, 100,000/s, 00:30 "
            "left\x1b[K");
  bar.show("importing", 1'000'001, 4'000'000, after(10'100ms));
  EXPECT_EQ(out.str().find('\r', 1), std::string::npos) << "too early to draw again";
  bar.show("importing", 4'000'000, 4'000'000, after(40s));
  bar.end(after(40s));
  EXPECT_THAT(out.str(), HasSubstr("100%  4,000,000 records"));
  EXPECT_EQ(out.str().back(), '\n');
}

TEST(ProgressBar, writes_lines_where_there_is_no_terminal) {
  std::ostringstream out;
  ProgressBar bar(out, ProgressBar::Style::lines);
  for (int second = 0; second <= 11; ++second)
    bar.show("exporting", static_cast<std::uint64_t>(second) * 100, 0, after(1s * second));
  bar.end(after(12s));
  EXPECT_EQ(out.str(), "exporting 500 records, 100/s\nexporting 1,000 records, 100/s\n");
}

TEST(ProgressBar, counts_the_rate_from_where_a_phase_began) {
  std::ostringstream out;
  ProgressBar bar(out, ProgressBar::Style::lines);
  bar.show("checking", 10, 0, after(0ms));
  bar.show("importing", 5'000, 10'000, after(1s));
  bar.show("importing", 5'500, 10'000, after(6s));
  EXPECT_EQ(out.str(), "importing 55%  5,500 records, 100/s, 00:45 left\n");
}

TEST(ProgressBar, says_nothing_when_it_shall_not) {
  std::ostringstream out;
  ProgressBar bar(out, ProgressBar::Style::none);
  bar.show("checking", 0, 0, after(0ms));
  bar.show("checking", 10, 0, after(1h));
  bar.end(after(2h));
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBar, shows_hours_and_survives_wrong_totals) {
  std::ostringstream out;
  ProgressBar bar(out, ProgressBar::Style::lines);
  bar.show("importing", 0, 100'000, after(0ms));
  bar.show("importing", 10, 100'000, after(10s));
  EXPECT_THAT(out.str(), HasSubstr("27:46:30 left"));
  bar.show("importing", 200'000, 100'000, after(20s));
  EXPECT_THAT(out.str(), HasSubstr("100%"));
}

}  // namespace
}  // namespace parley::app
