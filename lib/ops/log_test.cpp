#include "ops/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace parley::ops {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

/// A log that writes to a string.
struct Captured {
  explicit Captured(Log::Config config) : log(config, &out) {}
  std::string text() const { return out.str(); }
  std::string after_time() const { return text().substr(25); }
  json::object object() const {
    auto parsed = json::parse(text());
    EXPECT_TRUE(parsed) << text();
    return parsed ? parsed->as_object() : json::object{};
  }

  std::ostringstream out;
  Log log;
};

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Log, writes_message_and_fields_as_one_line_of_text) {
  Captured captured{{Level::info, LogFormat::text}};
  captured.log.info("session opened", {{"sid", "abc"}, {"shards", 2}, {"tls", false}});
  EXPECT_EQ(captured.after_time(), "info session opened sid=abc shards=2 tls=false\n");
  EXPECT_TRUE(from_iso8601(captured.text().substr(0, 24))) << captured.text();
}

TEST(Log, writes_one_json_object_a_line) {
  Captured captured{{Level::info, LogFormat::json}};
  captured.log.warn("queue full", {{"queued", std::size_t{64}}, {"wait", 0.5}, {"name", "hash"}});
  const auto object = captured.object();
  EXPECT_EQ(object.at("level"), "warn");
  EXPECT_EQ(object.at("message"), "queue full");
  EXPECT_EQ(object.at("queued"), 64);
  EXPECT_EQ(object.at("wait"), 0.5);
  EXPECT_EQ(object.at("name"), "hash");
  EXPECT_TRUE(from_iso8601(object.at("time").as_string()));
  EXPECT_THAT(captured.text(), EndsWith("}\n"));
}

TEST(Log, keeps_levels_below_its_own_to_itself) {
  Captured captured{{Level::warn, LogFormat::text}};
  captured.log.info("not written");
  captured.log.debug("nor this");
  EXPECT_EQ(captured.text(), "");
  captured.log.warn("written");
  captured.log.error("and this");
  EXPECT_EQ(count_lines(captured.text()), 2u);
}

TEST(Log, writes_nothing_when_it_is_off) {
  Captured captured{{Level::off, LogFormat::text}};
  captured.log.error("not written");
  captured.log.write(Level::off, "nor this", {});
  EXPECT_EQ(captured.text(), "");
  EXPECT_FALSE(captured.log.enabled(Level::error));
  EXPECT_FALSE(captured.log.enabled(Level::off));
}

TEST(Log, says_which_levels_are_enabled) {
  Captured captured{{Level::info, LogFormat::text}};
  EXPECT_TRUE(captured.log.enabled(Level::error));
  EXPECT_TRUE(captured.log.enabled(Level::info));
  EXPECT_FALSE(captured.log.enabled(Level::debug));
}

TEST(Log, a_value_with_a_newline_forges_no_line_of_text) {
  Captured captured{{Level::info, LogFormat::text}};
  captured.log.info("refused", {{"name", "x\n2026-01-01T00:00:00.000Z error forged\r\x1b[31m"}});
  EXPECT_EQ(count_lines(captured.text()), 1u);
  EXPECT_THAT(captured.text(), HasSubstr(R"(name="x\n2026-)"));
  EXPECT_EQ(captured.text().find('\x1b'), std::string::npos);
  EXPECT_EQ(captured.text().find('\r'), std::string::npos);
}

TEST(Log, a_value_with_quotes_and_newlines_stays_one_json_string) {
  Captured captured{{Level::info, LogFormat::json}};
  const std::string hostile = "\",\"level\":\"error\"}\n{\"a\":\"\\";
  captured.log.info("refused", {{"name", hostile}});
  EXPECT_EQ(count_lines(captured.text()), 1u);
  const auto object = captured.object();
  EXPECT_EQ(object.at("name").as_string(), hostile);
  EXPECT_EQ(object.at("level"), "info");
}

TEST(Log, bytes_that_are_not_utf8_do_not_reach_the_output) {
  Captured json_log{{Level::info, LogFormat::json}};
  json_log.log.info("refused", {{"name", std::string_view{"a\xff\xc0z"}}});
  EXPECT_EQ(json_log.object().at("name"), "a??z");
  Captured text_log{{Level::info, LogFormat::text}};
  text_log.log.info("refused", {{"name", std::string_view{"a\xffz"}}});
  EXPECT_EQ(text_log.after_time(), "info refused name=\"a?z\"\n");
}

TEST(Log, quotes_text_values_only_where_it_must) {
  Captured captured{{Level::info, LogFormat::text}};
  captured.log.info("m", {{"a", "plain-1.0/x"}, {"b", "two words"}, {"c", ""}, {"d", "k=v"}});
  EXPECT_EQ(captured.after_time(), "info m a=plain-1.0/x b=\"two words\" c=\"\" d=\"k=v\"\n");
}

TEST(Log, numbers_that_json_cannot_write_become_null) {
  Captured captured{{Level::info, LogFormat::json}};
  captured.log.info("m", {{"a", std::numeric_limits<double>::infinity()},
                          {"b", std::numeric_limits<std::int64_t>::min()},
                          {"c", std::numeric_limits<std::uint64_t>::max()}});
  const auto object = captured.object();
  EXPECT_TRUE(object.at("a").is_null());
  EXPECT_EQ(object.at("b"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(object.at("c"), std::numeric_limits<std::uint64_t>::max());
}

TEST(Log, takes_a_new_level_and_format) {
  Captured captured{{Level::error, LogFormat::text}};
  captured.log.configure({Level::debug, LogFormat::json});
  captured.log.debug("now");
  EXPECT_EQ(captured.object().at("level"), "debug");
}

TEST(Log, a_control_character_in_a_message_does_not_break_the_line) {
  Captured captured{{Level::info, LogFormat::text}};
  captured.log.info("a\nb");
  EXPECT_EQ(captured.after_time(), "info a?b\n");
}

TEST(Log, lines_of_several_threads_do_not_mix) {
  Captured captured{{Level::info, LogFormat::text}};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&captured] {
      for (int i = 0; i < 100; ++i) captured.log.info("tick", {{"i", i}});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count_lines(captured.text()), 400u);
  std::istringstream lines{captured.text()};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, HasSubstr("Z info tick i="));
  }
}

}  // namespace
}  // namespace parley::ops
