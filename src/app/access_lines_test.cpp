#include "app/access_lines.hpp"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

ops::Level level(std::string_view route, int status, http::Method method = http::Method::get) {
  http::AccessRecord record;
  record.method = method;
  record.route = route;
  record.status = status;
  return level_of(record);
}

TEST(AccessLines, tell_what_people_do) {
  EXPECT_EQ(level("/api/conversations", 200), ops::Level::info);
  EXPECT_EQ(level("/api/auth/login", 401, http::Method::post), ops::Level::info);
  EXPECT_EQ(level("/", 200), ops::Level::info);
}

TEST(AccessLines, let_no_stranger_fill_the_log) {
  EXPECT_EQ(level("/api/auth/login", 429, http::Method::post), ops::Level::debug);
  EXPECT_EQ(level("/api/auth/login", 204, http::Method::options), ops::Level::debug);
  EXPECT_EQ(level("unmatched", 404), ops::Level::debug);
  for (const auto route : {"/healthz", "/readyz", "/metrics"})
    EXPECT_EQ(level(route, 200), ops::Level::debug) << route;
}

}  // namespace
}  // namespace parley::app
