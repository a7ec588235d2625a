#include "app/refusals_watch.hpp"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};

TEST(RefusalNews, are_none_while_nobody_is_turned_away) {
  RefusalNews news;
  EXPECT_FALSE(news.of({}, start));
  EXPECT_FALSE(news.of({}, start + 1h));
}

TEST(RefusalNews, come_at_once_with_the_first) {
  RefusalNews news;
  EXPECT_EQ(news.of({.connections = 3}, start), Refusals{.connections = 3});
}

TEST(RefusalNews, are_what_came_since_but_once_a_minute) {
  RefusalNews news;
  ASSERT_TRUE(news.of({.connections = 3, .sessions = 1}, start));
  EXPECT_FALSE(news.of({.connections = 50, .sessions = 1}, start + 59s));
  EXPECT_EQ(news.of({.connections = 70, .pauses = 2, .sessions = 1}, start + 60s),
            (Refusals{.connections = 67, .pauses = 2}));
  EXPECT_FALSE(news.of({.connections = 70, .pauses = 2, .sessions = 1}, start + 3h));
  EXPECT_EQ(news.of({.connections = 70,
                     .pauses = 2,
                     .sessions = 1,
                     .displaced = 4,
                     .tls_handshakes = 9,
                     .forwarded = 5},
                    start + 4h),
            (Refusals{.displaced = 4, .tls_handshakes = 9, .forwarded = 5}));
}

}  // namespace
}  // namespace parley::app
