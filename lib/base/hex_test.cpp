#include "base/hex.hpp"

#include <gtest/gtest.h>

#include <array>

namespace parley {

TEST(Hex, writes_two_digits_a_byte_and_reads_them_back) {
  constexpr std::string_view bytes{"\x00\x7f\x80\xff\x0a", 5};
  EXPECT_EQ(to_hex(bytes), "007f80ff0a");
  EXPECT_EQ(to_hex(std::array<std::uint8_t, 3>{0xAB, 0, 0x10}), "ab0010");
  EXPECT_EQ(from_hex("007f80ff0a"), bytes);
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, reads_nothing_but_pairs_of_lower_case_digits) {
  for (const auto* text : {"0", "00f", "0g", "G0", "AB", "0x", " 0", "-1", "é"})
    EXPECT_FALSE(from_hex(text)) << text;
  EXPECT_FALSE(from_hex({"0\0", 2}));
}

TEST(Hex, knows_digits_of_either_case) {
  EXPECT_EQ(hex_digit('0'), 0);
  EXPECT_EQ(hex_digit('9'), 9);
  EXPECT_EQ(hex_digit('a'), 10);
  EXPECT_EQ(hex_digit('F'), 15);
  for (const char c : {'/', ':', '@', 'G', '`', 'g', '\0', '\xE9'})
    EXPECT_EQ(hex_digit(c), -1) << c;
}

TEST(RandomHex, is_as_long_as_asked_for_and_never_the_same) {
  const auto one = random_hex(16);
  EXPECT_EQ(one.size(), 32u);
  EXPECT_TRUE(from_hex(one)) << one;
  EXPECT_NE(one, random_hex(16));
  EXPECT_EQ(random_hex(0), "");
}

}  // namespace parley
