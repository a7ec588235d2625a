#include "app/top.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const SteadyTime start{1h};

TEST(Top, shows_rates_latencies_and_what_waits) {
  const ops::Scrape before("parley_store_messages_total 100\nparley_connections 5\n", start);
  const ops::Scrape after(
      "parley_store_messages_total 150\nparley_connections 7\nparley_store_queued 3\n"
      "parley_jobs{queue=\"email-queue\",state=\"waiting\"} "
      "2\nparley_jobs{queue=\"email-queue\",state=\"prioritized\"} 7\n"
      "parley_sessions{transport=\"websocket\"} 6\nparley_send_seconds_bucket{le=\"0.002\"} 10\n"
      "parley_send_seconds_bucket{le=\"+Inf\"} 10\n",
      start + 2s);
  const json::object shown = survey(before, after);
  EXPECT_EQ(shown.at("seconds"), 2.0);
  EXPECT_EQ(shown.at("rates").at("messages"), 25.0);
  EXPECT_EQ(shown.at("connections").at("open"), 7.0);
  EXPECT_EQ(shown.at("connections").at("websocket"), 6.0);
  EXPECT_EQ(shown.at("latencies").at("send").at("p50"), 1.0);
  EXPECT_TRUE(shown.at("latencies").at("delivery").as_object().empty());
  EXPECT_EQ(shown.at("queues").at("writes"), 3.0);
  EXPECT_EQ(shown.at("queues").at("mailsWaiting"), 9.0) << "notices, too";
  const std::string text = screen(shown);
  EXPECT_THAT(text, HasSubstr("connections  open 7 "));
  EXPECT_THAT(text, HasSubstr("messages 25 "));
  EXPECT_THAT(text, HasSubstr("send p50 1 ms p99 1.98 ms"));
  EXPECT_THAT(text, HasSubstr("delivery -"));
}

TEST(Top, a_restart_between_two_scrapes_shows_no_negative_rates) {
  const ops::Scrape before("parley_store_messages_total 100\n", start);
  const ops::Scrape after("parley_store_messages_total 4\n", start + 1s);
  EXPECT_EQ(survey(before, after).at("rates").at("messages"), 0.0);
}

}  // namespace
}  // namespace parley::app
