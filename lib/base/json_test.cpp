#include "base/json.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(Json, refuses_what_is_too_deep_without_recursing) {
  const std::string deep(100'000, '[');
  const auto parsed = json::parse(deep);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::bad_request);
}

TEST(Json, refuses_bad_utf8_and_trailing_text) {
  EXPECT_FALSE(json::parse("\"\xFF\""));
  EXPECT_FALSE(json::parse("{} {}"));
  EXPECT_FALSE(json::parse(""));
  EXPECT_TRUE(json::parse(R"({"a":[1,"é"]})"));
}

TEST(Json, escapes_so_that_the_text_reads_back) {
  std::string nasty = "quote\" slash\\ line\n tab\t bell\a nul";
  nasty += '\0';
  nasty += "é👋";
  std::string out;
  json::append_string(out, nasty);
  const auto back = json::parse(out);
  ASSERT_TRUE(back) << out;
  EXPECT_EQ(std::string(back->as_string()), nasty);
}

TEST(Json, escapes_wherever_the_character_stands) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (const char nasty : {'"', '\\', '\n', '\x1f', '\0'}) {
      std::string text(before, 'x');
      text.append(1, nasty).append("\x7f\xc3\xa9 behind it, more than a word");
      std::string out;
      json::append_string(out, text);
      const auto back = json::parse(out);
      ASSERT_TRUE(back) << out;
      EXPECT_EQ(std::string(back->as_string()), text);
    }
  }
}

TEST(Json, finds_the_first_character_that_cannot_stand_as_it_is) {
  for (std::size_t size = 0; size < 60; ++size) {
    std::string text(size, '\xC3');
    EXPECT_EQ(json::plain_prefix(text), size);
    for (std::size_t at = 0; at < size; ++at) {
      std::string marked = text;
      marked[at] = '"';
      marked.back() = at % 2 == 0 ? '"' : '\x1F';
      EXPECT_EQ(json::plain_prefix(marked), at) << size;
    }
  }
}

TEST(Json, gives_string_members_only) {
  const auto parsed = json::parse(R"({"email":{"$gt":""},"name":"ann"})");
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(json::string_member(parsed->as_object(), "email"));
  EXPECT_EQ(json::string_member(parsed->as_object(), "name"), "ann");
  EXPECT_FALSE(json::string_member(parsed->as_object(), "none"));
}

}  // namespace parley
