#include "websocket/frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::websocket {
namespace {

using namespace std::string_literals;

TEST(Frame, has_the_head_of_its_payload_size) {
  struct Row {
    std::size_t size;
    std::string head;
  };
  const Row rows[] = {
      {0, "\x81\x00"s},
      {5, "\x81\x05"s},
      {125, "\x81\x7D"s},
      {126, "\x81\x7E\x00\x7E"s},
      {256, "\x81\x7E\x01\x00"s},
      {65535, "\x81\x7E\xFF\xFF"s},
      {65536, "\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s},
  };
  for (const Row& row : rows) {
    const std::string frame = encode_frame(Opcode::text, std::string(row.size, 'x'));
    EXPECT_EQ(frame.substr(0, head_size(row.size)), row.head) << row.size;
    EXPECT_EQ(frame.size(), row.head.size() + row.size);
  }
}

TEST(Frame, carries_opcode_and_flags_in_its_first_byte) {
  EXPECT_EQ(encode_frame(Opcode::binary, "\x01"), "\x82\x01\x01");
  EXPECT_EQ(encode_frame(Opcode::ping, ""), "\x89\x00"s);
  EXPECT_EQ(encode_frame(Opcode::pong, "Hello"), "\x8A\x05Hello");
  EXPECT_EQ(encode_frame(Opcode::text, "a", {.fin = false, .compressed = true}), "\x41\x01"s + "a");
  EXPECT_EQ(encode_frame(Opcode::continuation, "lo"), "\x80\x02lo");
}

TEST(Frame, close_without_code_is_empty) { EXPECT_EQ(encode_close(std::nullopt), "\x88\x00"s); }

TEST(Frame, close_holds_code_and_a_reason_that_fits) {
  EXPECT_EQ(encode_close(CloseCode::too_big), "\x88\x02\x03\xF1"s);
  EXPECT_EQ(encode_close(CloseCode::normal, "bye"),
            "\x88\x05\x03\xE8"
            "bye"s);
  EXPECT_EQ(encode_close(CloseCode::normal, std::string(500, 'r')).size(), 2 + max_control_payload);
}

TEST(Frame, close_codes_are_those_of_the_registry) {
  for (const int good : {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999}) {
    EXPECT_TRUE(is_close_code(static_cast<std::uint16_t>(good))) << good;
  }
  for (const int bad : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    EXPECT_FALSE(is_close_code(static_cast<std::uint16_t>(bad))) << bad;
  }
}

TEST(ReadHead, reads_the_examples_of_the_rfc) {
  Head head;
  ASSERT_EQ(read_head("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", head), HeadState::complete);
  EXPECT_EQ(head.opcode, Opcode::text);
  EXPECT_TRUE(head.fin && head.masked && !head.compressed);
  EXPECT_EQ(head.length, 5u);
  EXPECT_EQ(head.size, 6u);

  ASSERT_EQ(read_head("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s, head), HeadState::complete);
  EXPECT_EQ(head.length, 65536u);
  EXPECT_FALSE(head.masked);
  EXPECT_EQ(head.size, 10u);
}

TEST(ReadHead, waits_for_every_byte_of_the_head) {
  const std::string whole = "\x82\xFF\x00\x00\x00\x00\x00\x01\x00\x00\x01\x02\x03\x04"s;
  Head head;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read_head(std::string_view{whole}.substr(0, size), head), HeadState::incomplete)
        << size;
  }
  EXPECT_EQ(read_head(whole, head), HeadState::complete);
}

TEST(ReadHead, refuses_what_the_rfc_forbids) {
  const std::string rows[] = {
      "\x83\x80"s,         "\x87\x80"s, "\x8B\x80"s, "\x8F\x80"s,  // opcodes nobody has defined
      "\xA1\x80"s,         "\x91\x80"s,                            // RSV2, RSV3
      "\x09\x80"s,         "\x08\x80"s,                            // fragmented ping and close
      "\x89\xFE\x00\x7E"s,                                         // a ping of 126 bytes
      "\x82\xFF\x80"s,                                             // a length with its top bit
  };
  Head head;
  for (const std::string& row : rows)
    EXPECT_EQ(read_head(row, head), HeadState::malformed) << testing::PrintToString(row);
}

TEST(ReadHead, takes_a_length_that_is_not_minimal) {
  Head head;
  ASSERT_EQ(read_head("\x81\xFE\x00\x05\x01\x02\x03\x04"s, head), HeadState::complete);
  EXPECT_EQ(head.length, 5u);
}

TEST(Unmask, gives_the_same_whatever_the_offset_and_size) {
  const std::array<char, 4> mask{'\x37', '\xfa', '\x21', '\x3d'};
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::uint64_t offset = 0; offset < 5; ++offset) {
      std::string text(size, 'a');
      std::string expected = text;
      for (std::size_t i = 0; i < size; ++i)
        expected[i] = static_cast<char>(expected[i] ^ mask[(i + offset) & 3]);
      unmask(text, mask, offset);
      EXPECT_EQ(text, expected) << size << " at " << offset;
    }
  }
}

}  // namespace
}  // namespace parley::websocket
