#include "socketio/json_scan.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace parley::socketio {
namespace {

bool accepts(std::string_view text, JsonScanLimits limits = {}) {
  return scan_json(text, limits).has_value();
}

TEST(JsonScan, accepts_what_rfc_8259_allows) {
  for (const char* text : {"[]",
                           "{}",
                           " [ ] ",
                           "\t{\n}\r",
                           "null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "10",
                           "-1.5",
                           "1e5",
                           "1E+5",
                           "0.25e-3",
                           R"("")",
                           R"("a\"\\\/\b\f\n\r\tA")",
                           R"("\ud83d\ude00")",
                           "[1,2,3]",
                           "[[],[[]],{}]",
                           R"({"a":1,"b":[true,null]})",
                           R"([{"a":{"b":{"c":[]}}}, 1 , "x"])",
                           "\"\xC3\xA9\""}) {
    EXPECT_TRUE(accepts(text)) << text;
    EXPECT_TRUE(json::parse(text).has_value()) << text;
  }
}

TEST(JsonScan, refuses_everything_else) {
  for (const char* text :
       {"",           " ",           "[",         "]",        "{",     "}",       "[1",
        "[1,",        "[1,]",        "[,1]",      "[1 2]",    "{1:2}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{\"a\":1",    "{,}",       "[}",       "{]",    "nul",     "truex",
        "True",       "01",          "-",         "-a",       "1.",    ".5",      "1e",
        "1e+",        "+1",          "0x1",       "1 1",      "\"",    "\"\\\"",  "\"\\x\"",
        "\"\\u12\"",  "\"\\u12g4\"", "\"\n\"",    "[] []",    "[]x",   "'a'",     "[1]]",
        "NaN",        "\"a\" b",     "[\"a\":1]", "{\"a\",1}"}) {
    EXPECT_FALSE(accepts(text)) << text;
    EXPECT_FALSE(json::parse(text).has_value()) << text;
  }
}

TEST(JsonScan, says_where_it_went_wrong) {
  const auto scan = scan_json("[1,x]");
  ASSERT_FALSE(scan.has_value());
  EXPECT_EQ(scan.error().code, Errc::bad_request);
  EXPECT_EQ(scan.error().detail, "invalid JSON at byte 3: no value");
}

TEST(JsonScan, splits_an_array_behind_its_first_element) {
  struct Row {
    const char *text, *first, *rest;
    JsonKind kind;
  };
  for (const Row& row :
       {Row{R"(["a",1,"2"])", R"("a")", R"(1,"2")", JsonKind::string},
        Row{R"([ "a" , 1 ])", R"("a")", " 1 ", JsonKind::string},
        Row{"[12]", "12", "", JsonKind::number}, Row{R"([[1,2],3])", "[1,2]", "3", JsonKind::array},
        Row{R"([ {"a":[1,2]} , 3])", R"({"a":[1,2]})", " 3", JsonKind::object},
        Row{"[[]]", "[]", "", JsonKind::array},
        Row{"[true,[],{}]", "true", "[],{}", JsonKind::boolean},
        Row{"[null]", "null", "", JsonKind::null},
        Row{R"(["a,b]",["]"]])", R"("a,b]")", R"(["]"])", JsonKind::string}}) {
    const auto scan = scan_json(row.text);
    ASSERT_TRUE(scan.has_value()) << row.text;
    EXPECT_EQ(scan->kind, JsonKind::array) << row.text;
    EXPECT_EQ(scan->first, row.first) << row.text;
    EXPECT_EQ(scan->rest, row.rest) << row.text;
    EXPECT_EQ(scan->first_kind, row.kind) << row.text;
  }
  EXPECT_TRUE(scan_json("[]")->first.empty());
}

TEST(JsonScan, bounds_the_depth_without_recursion) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(accepts(nested(32)));
  EXPECT_FALSE(accepts(nested(33)));
  EXPECT_FALSE(accepts(std::string(1'000'000, '[')));
  EXPECT_FALSE(accepts(std::string(1'000'000, '['), {1'000'000}));
  EXPECT_TRUE(accepts(nested(3), {3}));
  EXPECT_FALSE(accepts(nested(4), {3}));
}

TEST(JsonScan, bounds_numbers) {
  EXPECT_TRUE(accepts("1e9999"));
  EXPECT_FALSE(accepts("1e99999"));
  EXPECT_FALSE(accepts(std::string(1000, '1')));
}

TEST(JsonScan, counts_placeholders_as_data_without_attachments) {
  EXPECT_TRUE(accepts(R"([{"_placeholder":true,"num":7}])"));
}

TEST(JsonScan, checks_what_placeholders_name) {
  const JsonScanLimits two{32, 2};
  for (const char* text :
       {R"(["a",{"_placeholder":true,"num":0},{"num":1,"_placeholder":true}])", R"([{"num":7}])",
        R"([{"_placeholder":false,"num":7}])", R"([{"_placeholder":"true"}])",
        R"([{"_placeholder":[true]}])", R"([{"_placeholder":true,"num":1,"x":{"num":9}}])",
        R"([{"_placeholder":true,"_placeholder":1}])"}) {
    EXPECT_TRUE(accepts(text, two)) << text;
  }
  for (const char* text :
       {R"([{"_placeholder":true,"num":2}])", R"([{"_placeholder":true,"num":-1}])",
        R"([{"_placeholder":true}])", R"([{"_placeholder":true,"num":"0"}])",
        R"([{"_placeholder":true,"num":0.5}])", R"([{"_placeholder":true,"num":1e0}])",
        R"([{"num":0,"_placeholder":true,"num":null}])", R"([{"_placeholder":true,"num":[0]}])",
        R"([{"\u005fplaceholder":true,"num":5}])",
        R"([[{"a":{"_placeholder":true,"num":99999999999999999999}}]])"}) {
    EXPECT_FALSE(accepts(text, two)) << text;
  }
}

TEST(JsonScan, takes_lone_surrogates_and_tells_of_them) {
  const auto lone = scan_json(R"(["\ud83d","\ude00"])");
  ASSERT_TRUE(lone.has_value());
  EXPECT_TRUE(lone->lone_surrogates);
  EXPECT_FALSE(scan_json(R"(["\ud83d\ude00"])")->lone_surrogates);
}

}  // namespace
}  // namespace parley::socketio
