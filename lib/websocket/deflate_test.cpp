#include "websocket/deflate.hpp"

#include <gtest/gtest.h>

namespace parley::websocket {
namespace {

using namespace std::string_literals;

TEST(Deflate, reads_the_hello_of_the_rfc) {
  // RFC 7692, section 7.2.3.1.
  const auto plain = inflate_message("\xf2\x48\xcd\xc9\xc9\x07\x00"s, 100);
  ASSERT_TRUE(plain);
  EXPECT_EQ(*plain, "Hello");
  EXPECT_EQ(deflate_message("Hello"), "\xf2\x48\xcd\xc9\xc9\x07\x00"s);
}

TEST(Deflate, gives_back_what_was_compressed) {
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 100'000; ++i)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  for (const std::string& row : {""s, "a"s, std::string(200'000, 'z'), noise, "\0\0\xff\xff"s}) {
    const auto back = inflate_message(deflate_message(row), 1'000'000);
    ASSERT_TRUE(back);
    EXPECT_TRUE(*back == row) << row.size();
  }
}

TEST(Deflate, compresses_each_message_alone) {
  const std::string once = deflate_message("the same text twice");
  EXPECT_EQ(deflate_message("the same text twice"), once);
  EXPECT_TRUE(inflate_message(once, 100));
  EXPECT_TRUE(inflate_message(once, 100));
}

TEST(Deflate, stops_a_bomb_at_the_limit) {
  const std::string bomb = deflate_message(std::string(10'000'000, '0'));
  EXPECT_LT(bomb.size(), 20'000u);
  const auto plain = inflate_message(bomb, 1'000'000);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, Errc::too_large);
  EXPECT_TRUE(inflate_message(bomb, 10'000'000));
}

TEST(Deflate, refuses_what_is_no_stream_and_recovers) {
  const auto plain = inflate_message("\xff\xff\xff\xff\xff", 100);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, Errc::bad_request);
  EXPECT_TRUE(inflate_message(deflate_message("fine"), 100));
}

}  // namespace
}  // namespace parley::websocket
