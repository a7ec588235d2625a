#include "settings/assignments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::app {
namespace {

using ::testing::HasSubstr;

/// The only value in `text`; a mark when it cannot be read.
std::string value_of(std::string_view text) {
  const auto lines = read_assignments(text);
  if (!lines) return "error: " + lines.error().detail;
  return lines->size() == 1 ? lines->front().value : "not one line";
}

std::string error_of(std::string_view text) {
  const auto lines = read_assignments(text);
  return lines ? "no error" : lines.error().detail;
}

TEST(Assignments, are_read_with_their_lines) {
  const auto lines = read_assignments("# comment\n\nPORT=8000\r\n  export HOST = ::1  \n");
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ((*lines)[0].key, "PORT");
  EXPECT_EQ((*lines)[0].value, "8000");
  EXPECT_EQ((*lines)[0].line, 3u);
  EXPECT_EQ((*lines)[1].key, "HOST");
  EXPECT_EQ((*lines)[1].value, "::1");
  EXPECT_EQ((*lines)[1].line, 4u);
}

TEST(Assignments, may_be_none) {
  for (const auto* text : {"", "\n\n", "# only a comment", "   \n\t"}) {
    const auto lines = read_assignments(text);
    ASSERT_TRUE(lines) << text;
    EXPECT_TRUE(lines->empty()) << text;
  }
}

TEST(Assignments, drop_a_comment_after_a_bare_value) {
  EXPECT_EQ(value_of("a = b # comment"), "b");
  EXPECT_EQ(value_of("a = b\t# comment"), "b");
  EXPECT_EQ(value_of("a = # comment"), "");
  EXPECT_EQ(value_of("a = two words"), "two words");
}

TEST(Assignments, keep_a_hash_inside_a_value) {
  EXPECT_EQ(value_of("a = b#c"), "b#c");
  EXPECT_EQ(value_of("a = \"b #c\""), "b #c");
  EXPECT_EQ(value_of("a = 'b #c' # comment"), "b #c");
}

TEST(Assignments, read_quotes) {
  EXPECT_EQ(value_of(R"(a = "x \"y\" \\ \n\t")"), "x \"y\" \\ \n\t");
  EXPECT_EQ(value_of(R"(a = '\n "')"), "\\n \"");
  EXPECT_EQ(value_of("a = \"\""), "");
  EXPECT_EQ(value_of("a = \"=b=\""), "=b=");
}

TEST(Assignments, keep_equals_signs_in_a_value) { EXPECT_EQ(value_of("a=b=c=="), "b=c=="); }

TEST(Assignments, skip_a_byte_order_mark) {
  EXPECT_EQ(value_of("\xEF\xBB\xBF"
                     "a=1"),
            "1");
}

TEST(Assignments, refuse_other_lines_and_name_them) {
  EXPECT_THAT(error_of("a=1\nnonsense\n"), HasSubstr("line 2 is not of the form"));
  EXPECT_THAT(error_of("[server]"), HasSubstr("line 1 is a section"));
  EXPECT_THAT(error_of("= 1"), HasSubstr("line 1 has no key"));
  EXPECT_THAT(error_of("a b = 1"), HasSubstr("line 1 has no key"));
  EXPECT_THAT(error_of("a = \"open"), HasSubstr("line 1 has a quoted value"));
  EXPECT_THAT(error_of("a = 'open"), HasSubstr("line 1 has a quoted value"));
  EXPECT_THAT(error_of("a = \"x\" y"), HasSubstr("line 1 has a quoted value"));
  EXPECT_THAT(error_of("a = 'x' y"), HasSubstr("line 1 has a quoted value"));
  EXPECT_THAT(error_of("a = \"\\x\""), HasSubstr("line 1 has a quoted value"));
  EXPECT_THAT(error_of("a = \"\\"), HasSubstr("line 1 has a quoted value"));
}

TEST(Assignments, refuse_a_key_given_twice) {
  EXPECT_EQ(error_of("a=1\nb=2\na=3"), "line 3 sets a again");
}

}  // namespace
}  // namespace parley::app
