#include "socketio/json_escapes.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace parley::socketio {
namespace {

TEST(JsonEscapes, are_undone_in_strings) {
  EXPECT_EQ(unescape_json_string(R"("a\"\\\/\b\f\n\r\tA")"), "a\"\\/\b\f\n\r\tA");
  EXPECT_EQ(unescape_json_string(R"("\u00e9\u20ac\ud83d\ude00")"), "é€😀");
  EXPECT_EQ(unescape_json_string(R"("x\ud83dy")"), "x\xEF\xBF\xBDy");
  EXPECT_EQ(unescape_json_string(R"("\ude00")"), "\xEF\xBF\xBD");
}

TEST(JsonEscapes, of_lone_surrogates_are_replaced) {
  EXPECT_EQ(without_lone_surrogates(R"(["\ud83d","a\\\ude00\n","\ud83d\ude00","\u00e9"])"),
            R"(["\ufffd","a\\\ufffd\n","\ud83d\ude00","\u00e9"])");
  EXPECT_TRUE(json::parse(without_lone_surrogates(R"(["\ud83d\ud83d\ude00"])")).has_value());
}

}  // namespace
}  // namespace parley::socketio
