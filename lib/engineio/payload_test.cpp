#include "engineio/payload.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::engineio {
namespace {

using namespace std::string_literals;

std::string encode(const std::vector<Message>& packets) {
  std::string out;
  for (const Message& packet : packets) append_packet(out, packet);
  return out;
}

/// The elements as text, binary with a leading "b:"; "!" where decoding stopped.
std::vector<std::string> decode(std::string_view payload) {
  std::vector<std::string> out;
  PayloadReader reader{payload};
  while (!reader.at_end()) {
    const auto element = reader.next();
    if (!element) {
      out.emplace_back("!");
      break;
    }
    out.push_back(element->is_binary ? "b:" + element->bytes
                                     : static_cast<char>(element->packet.type) +
                                           std::string{element->packet.body});
  }
  return out;
}

using Strings = std::vector<std::string>;

TEST(Payload, joins_packets_by_1e_and_marks_binary) {
  EXPECT_EQ(encode({Message::text("hello"), Message::packet(PacketType::ping),
                    Message::binary("\x01\x02\x03\x04")}),
            "4hello\x1e"
            "2\x1e"
            "bAQIDBA==");
  EXPECT_EQ(encode({Message::text("")}), "4");
  EXPECT_EQ(encode({Message::binary("")}), "b");
}

TEST(Payload, takes_apart_the_example_of_the_protocol) {
  EXPECT_EQ(decode("4hello\x1e"
                   "2\x1e"
                   "bAQIDBA=="),
            (Strings{"4hello", "2", "b:\x01\x02\x03\x04"}));
}

TEST(Payload, decodes_each_kind_of_body) {
  struct Row {
    std::string payload;
    Strings elements;
  };
  const Row rows[] = {
      {"4", {"4"}},
      {"4€\x1e"
       "4\n",
       {"4€", "4\n"}},
      {"0\x1e"
       "1\x1e"
       "3\x1e"
       "5\x1e"
       "6",
       {"0", "1", "3", "5", "6"}},
      {"b", {"b:"}},
      {"bAA==", {"b:\0"s}},
      {"", {"!"}},
      {"4a\x1e", {"4a", "!"}},
      {"\x1e"
       "4a",
       {"!"}},
      {"7x", {"!"}},
      {"abc", {"!"}},
      {"4a\x1e"
       "9\x1e"
       "4b",
       {"4a", "!"}},
      {"bAQIDBA=", {"!"}},
      {"b====", {"!"}},
      {"bA===", {"!"}},
      {"bAB=C", {"!"}},
      {"b AAA", {"!"}},
      {"bAA-_", {"!"}},
  };
  for (const Row& row : rows)
    EXPECT_EQ(decode(row.payload), row.elements) << testing::PrintToString(row.payload);
}

TEST(Packet, has_a_known_first_character) {
  EXPECT_FALSE(decode_packet(""));
  EXPECT_FALSE(decode_packet("7"));
  EXPECT_FALSE(decode_packet("/"));
  EXPECT_FALSE(decode_packet("a4"));
  const auto packet = decode_packet("2probe");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, PacketType::ping);
  EXPECT_EQ(packet->body, "probe");
}

TEST(TextWriter, writes_the_frames_that_messages_have) {
  TextWriter writer;
  for (const std::size_t size : {0U, 5U, 124U, 125U, 0xFFFEU, 0xFFFFU, 300'000U, 3U}) {
    const std::string body(size, 'x');
    writer.clear();
    writer.begin() += body;
    writer.end();
    const TextFrames text = writer.frames();
    EXPECT_EQ(text.bytes, *Message::text(body).frame()) << size;
    EXPECT_EQ(text.count, 1u);
    ASSERT_EQ(text.messages().size(), 1u);
    EXPECT_EQ(text.messages().front().payload(), '4' + body);
    EXPECT_FALSE(text.messages().front().is_binary());
  }
}

TEST(TextWriter, keeps_packets_until_it_is_cleared) {
  TextWriter writer;
  std::string expected;
  for (const std::size_t size : {3U, 200U, 70'000U, 0U}) {
    const std::string body(size, 'x');
    writer.begin() += body;
    writer.end();
    expected += *Message::text(body).frame();
  }
  const TextFrames all = writer.frames();
  EXPECT_EQ(all.bytes, expected);
  EXPECT_EQ(all.count, 4u);
  EXPECT_EQ(all.rest().bytes, expected.substr(6));
  EXPECT_EQ(all.rest().count, 3u);
  std::string again;
  for (const Message& message : all.messages()) again += *message.frame();
  EXPECT_EQ(again, expected);
}

TEST(Message, holds_the_bytes_of_its_frame_once) {
  const Message text = Message::text("hé");
  EXPECT_EQ(*text.frame(),
            "\x81\x04"
            "4hé");
  EXPECT_EQ(text.payload(), "4hé");
  EXPECT_FALSE(text.is_binary());
  const Message large = Message::binary(std::string(70'000, '\x05'));
  EXPECT_EQ(large.frame()->size(), 70'010u);
  EXPECT_EQ(large.payload().size(), 70'000u);
  EXPECT_TRUE(large.is_binary());
  const Message copy = large;
  EXPECT_EQ(copy.frame().get(), large.frame().get());
}

}  // namespace
}  // namespace parley::engineio
