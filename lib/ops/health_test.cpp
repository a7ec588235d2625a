#include "ops/health.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace parley::ops {
namespace {

Result<Done> fine() { return Done{}; }

TEST(Health, is_ready_without_checks) {
  const Health health;
  EXPECT_TRUE(health.report().ready);
  EXPECT_EQ(health.report().json(), R"({"ready":true,"checks":[]})");
}

TEST(Health, is_ready_when_every_check_is) {
  Health health;
  health.add("store", fine);
  health.add("bus", fine);
  const auto report = health.report();
  EXPECT_TRUE(report.ready);
  ASSERT_EQ(report.checks.size(), 2u);
  EXPECT_EQ(report.checks[0].name, "store");
  EXPECT_EQ(report.checks[1].name, "bus");
}

TEST(Health, says_which_check_failed_and_why) {
  Health health;
  health.add("store", [] { return Result<Done>{fail(Errc::unavailable, "disk is full")}; });
  health.add("bus", fine);
  EXPECT_FALSE(health.report().ready);
  EXPECT_EQ(health.report().json(),
            R"({"ready":false,"checks":[{"name":"store","ok":false,"detail":"disk is full"},)"
            R"({"name":"bus","ok":true}]})");
}

TEST(Health, an_error_without_detail_is_named_by_its_code) {
  Health health;
  health.add("store", [] { return Result<Done>{fail(Errc::timeout)}; });
  EXPECT_EQ(health.report().checks.at(0).detail, info(Errc::timeout).code);
}

TEST(Health, a_check_that_throws_has_failed) {
  Health health;
  health.add("store", []() -> Result<Done> { throw std::runtime_error{"gone"}; });
  const auto report = health.report();
  EXPECT_FALSE(report.ready);
  EXPECT_EQ(report.checks.at(0).detail, "gone");
}

TEST(Health, is_degraded_without_something_helpful) {
  Health health;
  health.add("store", fine);
  health.add(
      "redis", [] { return Result<Done>{fail(Errc::unavailable, "gone")}; },
      Health::Weight::helpful);
  EXPECT_EQ(health.report().json(),
            R"({"ready":true,"degraded":true,"checks":[{"name":"store","ok":true},)"
            R"({"name":"redis","ok":false,"detail":"gone"}]})");
  health.start_draining();
  EXPECT_FALSE(health.report().ready);
  EXPECT_FALSE(health.report().degraded);
}

TEST(Health, asks_again_each_time) {
  Health health;
  bool up = false;
  health.add("store", [&up]() -> Result<Done> {
    if (up) return Done{};
    return fail(Errc::unavailable, "starting");
  });
  EXPECT_FALSE(health.report().ready);
  up = true;
  EXPECT_TRUE(health.report().ready);
}

TEST(Health, is_not_ready_while_draining) {
  Health health;
  health.add("store", fine);
  health.start_draining();
  const auto report = health.report();
  EXPECT_FALSE(report.ready);
  EXPECT_EQ(report.checks.at(0).name, "shutdown");
  EXPECT_TRUE(report.checks.at(1).ok);
}

}  // namespace
}  // namespace parley::ops
