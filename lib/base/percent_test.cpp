#include "base/percent.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(PercentEncoded, keeps_only_what_is_unreserved) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("p@ss:w/rd"), "p%40ss%3Aw%2Frd");
  EXPECT_EQ(percent_encoded("a b&c=\"ä\"\n"), "a%20b%26c%3D%22%C3%A4%22%0A");
  EXPECT_EQ(percent_encoded(std::string_view{"\0\x7f", 2}), "%00%7F");
}

}  // namespace parley
