#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(Utf8, refuses_overlong_surrogate_and_cut_sequences) {
  EXPECT_TRUE(is_utf8("héllo 👋"));
  for (const auto* text : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8, counts_code_points_not_bytes) {
  EXPECT_EQ(count_code_points(""), 0u);
  EXPECT_EQ(count_code_points("héllo 👋"), 7u);
  for (std::size_t ascii = 0; ascii < 20; ++ascii)
    EXPECT_EQ(count_code_points(std::string(ascii, 'a') + "é👋ééééé€ü" + std::string(ascii, 'z')),
              2 * ascii + 9);
}

}  // namespace parley
