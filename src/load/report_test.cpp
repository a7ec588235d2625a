#include "load/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "load/page.hpp"
#include "load/plot.hpp"

namespace parley::load {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// 2,000 messages in 2 s, with a server that used 0.1 s of CPU and 4,096 bytes a connection.
Outcome good_outcome() {
  Outcome outcome;
  outcome.operations = 2'000;
  outcome.seconds = 2;
  outcome.connections = 10;
  outcome.counts = {{"acknowledged", 2'000}};
  Histogram times;
  for (int i = 0; i < 2'000; ++i) times.add(3ms);
  outcome.times = {{"send to <receipt>", times}};
  outcome.course = {{1, 1'000, 3, 4, 0.05, 20}, {2, 1'000, 3, 5, 0.05, 21}};
  ServerUse use;
  use.before.own = 1 << 20;
  use.end.own = (1 << 20) + 40'960;
  use.begin.user = 1;
  use.end.user = 1.06;
  use.end.system = 0.04;
  use.begin.threads = {{"committer", 1}, {"idle", 1}, {"shard-0", 2}};
  use.end.threads = {{"committer", 1.02}, {"idle", 1}, {"shard-0", 2.07}, {"young", 0.01}};
  outcome.server = use;
  outcome.own_cpu = 0.02;
  outcome.checked = "all of it";
  return outcome;
}

TEST(TableOf, tells_rates_times_and_what_the_server_used) {
  const auto table = table_of({}, good_outcome());
  for (const auto* part : {"1,000 users", "10 connections", "1,000/s", "3.00", "50.0 µs a message",
                           "shard-0 35.0, committer 10.0, young 5.00\n", "4096 bytes private",
                           "10.0 µs a message", "checked: all of it"})
    EXPECT_THAT(table, HasSubstr(part));
  EXPECT_THAT(table, Not(HasSubstr("FAILED")));
}

TEST(TableOf, names_every_problem) {
  auto outcome = good_outcome();
  outcome.problems = {"3 were lost", "1 was doubled"};
  const auto table = table_of({}, outcome);
  EXPECT_THAT(table, HasSubstr("FAILED: 3 were lost"));
  EXPECT_THAT(table, HasSubstr("FAILED: 1 was doubled"));
}

TEST(TableOf, has_no_line_for_a_server_that_was_not_looked_at) {
  auto outcome = good_outcome();
  outcome.server.reset();
  EXPECT_THAT(table_of({}, outcome), Not(HasSubstr("server CPU")));
}

TEST(JsonOf, is_one_line_of_json) {
  const auto text = json_of({}, good_outcome());
  const auto parsed = json::parse(std::string_view{text}.substr(0, text.size() - 1));
  ASSERT_TRUE(parsed);
  const auto& all = parsed->as_object();
  EXPECT_EQ(all.at("scenario").as_string(), "send");
  EXPECT_TRUE(all.at("passed").as_bool());
  EXPECT_EQ(all.at("rate").as_double(), 1'000);
  EXPECT_NEAR(all.at("server").at("cpuMicrosecondsEach").as_double(), 50, 0.01);
  EXPECT_NEAR(all.at("server").at("threadMicrosecondsEach").at("shard-0").as_double(), 35, 0.01);
  EXPECT_NEAR(all.at("milliseconds").at("send to <receipt>").at("p99").as_double(), 3, 0.01);
  EXPECT_EQ(all.at("course").as_array().size(), 2u);
}

TEST(PageOf, needs_nothing_else_and_escapes) {
  const auto page = page_of({}, good_outcome());
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_THAT(page, HasSubstr("send to &lt;receipt&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<receipt>")));
  for (const auto* outside : {"<script", "src=", "href=", "url("})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  EXPECT_THAT(page, HasSubstr("class=\"passed\""));
}

TEST(PageOf, says_that_a_run_has_failed) {
  auto outcome = good_outcome();
  outcome.problems = {"lost"};
  EXPECT_THAT(page_of({}, outcome), HasSubstr("class=\"failed\""));
}

TEST(Plot, puts_points_in_their_places) {
  const auto svg = plot({"t", "u"}, {{"c", {{0, 0}, {10, 2}}}});
  EXPECT_THAT(svg, HasSubstr("points='64,226 706,34 '"));
}

TEST(Plot, takes_curves_without_points) {
  EXPECT_THAT(plot({"t", "u"}, {{"c", {}}}), Not(HasSubstr("nan")));
  EXPECT_THAT(plot({"t", "u"}, {{"c", {{5, 0}}}}), Not(HasSubstr("nan")));
}

TEST(RoundUp, gives_round_numbers) {
  EXPECT_EQ(round_up(0), 1);
  EXPECT_DOUBLE_EQ(round_up(0.03), 0.05);
  EXPECT_DOUBLE_EQ(round_up(1), 1);
  EXPECT_DOUBLE_EQ(round_up(1.1), 2);
  EXPECT_DOUBLE_EQ(round_up(51'000), 100'000);
}

TEST(Grouped, separates_thousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace parley::load
