#include "socketio/decoder.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

namespace parley::socketio {
namespace {

const PacketLimits limits;

TEST(Decoder, gives_a_text_packet_at_once) {
  Decoder decoder{limits};
  Findings findings;
  const auto decoded = decoder.on_text(R"(2["a",1])", findings);
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((**decoded).packet.name, "a");
  EXPECT_EQ(decoder.waiting(), std::nullopt);
}

TEST(Decoder, keeps_an_unescaped_name) {
  Decoder decoder{limits};
  Findings findings;
  const auto decoded =
      decoder.on_text(R"(2["\u0061 name that is longer than a short string",1])", findings);
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((**decoded).packet.name, "a name that is longer than a short string");
}

TEST(Decoder, waits_for_attachments) {
  Decoder decoder{limits};
  {
    Findings findings;
    const std::string header =
        R"(52-7["\u0061",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])";
    const auto first = decoder.on_text(header, findings);
    ASSERT_TRUE(first.has_value());
    EXPECT_FALSE(first->has_value());
  }
  EXPECT_EQ(decoder.waiting(), "/");
  const auto second = decoder.on_binary("one");
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->has_value());
  const auto last = decoder.on_binary("two");
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((**last).packet.name, "a");
  EXPECT_EQ((**last).packet.id, 7U);
  EXPECT_EQ((**last).packet.members->find("num")->text, "0");
  EXPECT_EQ((**last).attachments, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(decoder.waiting(), std::nullopt);
}

#ifndef __SANITIZE_ADDRESS__  // it counts for itself
TEST(Decoder, keeps_little_more_than_its_bytes_of_a_packet_that_waits) {
  std::string header = R"(51-["a",{"long":")" + std::string(500'000, 'x') + "\",";
  for (std::size_t i = 2; i < JsonMembers::most; ++i) header += R"("":1,)";
  header += R"("x":{"_placeholder":true,"num":0}}])";
  Decoder decoder{limits};
  const auto before = ::mallinfo2();
  {
    Findings findings;
    ASSERT_TRUE(decoder.on_text(header, findings).has_value());
  }
  const auto after = ::mallinfo2();
  EXPECT_LT(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd, 530'000u);
  const auto complete = decoder.on_binary("one");
  ASSERT_TRUE(complete && *complete);
  EXPECT_NE((**complete).packet.members->find("x"), nullptr);
}
#endif

constexpr std::string_view two_attachments =
    R"(52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])";

TEST(Decoder, bounds_a_packet_with_its_attachments) {
  const PacketLimits few{.max_bytes = two_attachments.size() + 10};
  for (const std::string_view last : {"1234", "12345"}) {
    Decoder decoder{few};
    Findings findings;
    ASSERT_TRUE(decoder.on_text(two_attachments, findings).has_value());
    ASSERT_TRUE(decoder.on_binary("123456").has_value());
    const auto whole = decoder.on_binary(last);
    if (last.size() == 4) {
      EXPECT_TRUE(whole && *whole) << "it just fits";
    } else {
      ASSERT_FALSE(whole.has_value());
      EXPECT_EQ(whole.error().code, Errc::too_large);
    }
  }
}

TEST(Decoder, keeps_no_text_that_is_too_large_with_attachments_to_come) {
  const PacketLimits few{.max_bytes = two_attachments.size() - 1};
  Decoder decoder{few};
  Findings findings;
  const auto refused = decoder.on_text(two_attachments, findings);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::too_large);
  EXPECT_EQ(decoder.waiting(), std::nullopt);
}

TEST(Decoder, refuses_text_between_attachments) {
  Decoder decoder{limits};
  Findings findings;
  ASSERT_TRUE(decoder.on_text(R"(51-["a",{"_placeholder":true,"num":0}])", findings).has_value());
  EXPECT_FALSE(decoder.on_text(R"(2["a"])", findings).has_value());
}

TEST(Decoder, refuses_binary_without_a_header) {
  Decoder decoder{limits};
  EXPECT_FALSE(decoder.on_binary("x").has_value());
}

TEST(Decoder, refuses_bad_packets) {
  Decoder decoder{limits};
  Findings findings;
  EXPECT_EQ(decoder.on_text("x", findings).error().code, Errc::bad_request);
}

}  // namespace
}  // namespace parley::socketio
