#include "cluster/json_slices.hpp"

#include <gtest/gtest.h>

namespace parley::cluster {
namespace {

using Views = std::vector<std::string_view>;

TEST(JsonSlices, gives_elements_as_they_stand) {
  EXPECT_EQ(elements(R"([1.0, "a,]\"",{"b":[2,{}]} ,[],null])"),
            (Views{"1.0", R"("a,]\"")", R"({"b":[2,{}]})", "[]", "null"}));
  EXPECT_EQ(elements("[]"), Views{});
  EXPECT_EQ(elements("[ ]"), Views{});
  EXPECT_EQ(elements("{}"), Views{});
  EXPECT_EQ(elements(""), Views{});
}

TEST(JsonSlices, finds_members) {
  constexpr std::string_view object = R"({"a":1, "b" : {"a":2} ,"c":"x\\","d":[{"a":3}],"a":4})";
  EXPECT_EQ(member(object, "a"), "4");
  EXPECT_EQ(member(object, "b"), R"({"a":2})");
  EXPECT_EQ(member(object, "c"), R"("x\\")");
  EXPECT_EQ(member(object, "d"), R"([{"a":3}])");
  EXPECT_EQ(member(object, "e"), "");
  EXPECT_EQ(member("{}", "a"), "");
  EXPECT_EQ(member("[1]", "a"), "");
  EXPECT_EQ(member("", "a"), "");
}

TEST(JsonSlices, stops_at_the_end_of_what_is_no_json) {
  for (const std::string_view text : {"[", "[1", "[\"", "[\"\\", "[[[", "{", "{\"a", "{\"a\"",
                                      "{\"a\":", "{\"a\":{", "[]]", "[,]", "[:", "{:}"}) {
    elements(text);
    member(text, "a");
  }
}

TEST(JsonSlices, reads_texts_of_strings_and_numbers) {
  EXPECT_EQ(texts_of(R"(["a",5,-1.5,"\u00e4",null,{},[1],true])"),
            (std::vector<std::string>{"a", "5", "-1.5", "\u00e4"}));
  EXPECT_EQ(text_of(""), std::nullopt);
  EXPECT_EQ(text_of("nul"), std::nullopt);
}

TEST(JsonSlices, reads_counts) {
  EXPECT_EQ(count_of("42"), 42U);
  for (const std::string_view text : {"-1", "1.5", "1e3", "", "\"1\"", "99999999999999999999"})
    EXPECT_EQ(count_of(text), std::nullopt) << text;
}

}  // namespace
}  // namespace parley::cluster
