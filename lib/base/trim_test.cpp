#include "base/trim.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(Trim, takes_blanks_from_both_ends_alone) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Trim, takes_what_the_caller_calls_blank) {
  EXPECT_EQ(trim(" a\r", " \r"), "a");
  EXPECT_EQ(trim(" a\r"), "a\r");
}

}  // namespace parley
