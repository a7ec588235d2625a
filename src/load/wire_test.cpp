#include "load/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "websocket/parser.hpp"

namespace parley::load {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using websocket::encode_frame;
using websocket::Opcode;

struct Reading {
  std::vector<std::string> texts;
  std::optional<std::string> problem;
};

/// Reads `bytes` in pieces of `piece` bytes.
Reading read_in_pieces(std::string_view bytes, std::size_t piece) {
  Reading reading;
  FrameReader reader;
  const auto keep = [&](Opcode, std::string_view text) {
    reading.texts.emplace_back(text);
    return true;
  };
  for (std::size_t at = 0; at < bytes.size() && !reading.problem; at += piece)
    reading.problem = reader.read(bytes.substr(at, piece), keep);
  return reading;
}

TEST(FrameReader, reads_the_same_wherever_the_bytes_are_split) {
  const std::string bytes = encode_frame(Opcode::text, "2") +
                            encode_frame(Opcode::text, std::string(300, 'a')) +
                            encode_frame(Opcode::text, "") + encode_frame(Opcode::text, "end");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const auto reading = read_in_pieces(bytes, piece);
    ASSERT_FALSE(reading.problem) << piece;
    ASSERT_THAT(reading.texts, ElementsAre("2", std::string(300, 'a'), "", "end")) << piece;
  }
}

TEST(FrameReader, stops_when_told) {
  FrameReader reader;
  int seen = 0;
  const auto bytes = encode_frame(Opcode::text, "a") + encode_frame(Opcode::text, "b");
  EXPECT_FALSE(reader.read(bytes, [&](Opcode, std::string_view) { return ++seen > 1; }));
  EXPECT_EQ(seen, 1);
  EXPECT_TRUE(reader.is_idle());
}

TEST(FrameReader, says_what_it_cannot_read) {
  std::string masked;
  append_client_frame(masked, Opcode::text, "x");
  EXPECT_TRUE(read_in_pieces(masked, 100).problem);
  EXPECT_TRUE(read_in_pieces(encode_frame(Opcode::text, "x", {.fin = false}), 100).problem);
  EXPECT_TRUE(read_in_pieces("\xff\xff", 100).problem);
}

TEST(ClientFrame, is_what_a_server_reads) {
  struct Sink final : websocket::FrameSink {
    bool on_message(Opcode, std::span<char> payload, bool) override {
      text.assign(payload.begin(), payload.end());
      return true;
    }
    bool on_ping(std::string_view) override { return true; }
    bool on_pong(std::string_view) override { return true; }
    void on_close_frame(std::optional<std::uint16_t>, std::string_view) override {}
    std::string text;
  } sink;
  for (const std::size_t size : {0u, 1u, 125u, 126u, 70'000u}) {
    std::string bytes;
    append_client_frame(bytes, Opcode::text, std::string(size, 'z'));
    websocket::FrameParser parser;
    EXPECT_EQ(parser.parse(bytes, {}, sink).failure, std::nullopt);
    EXPECT_EQ(sink.text, std::string(size, 'z'));
  }
}

TEST(ReadPacket, tells_kinds_apart) {
  EXPECT_EQ(read_packet("0{\"sid\":\"a\"}").kind, PacketKind::open);
  EXPECT_EQ(read_packet("2").kind, PacketKind::ping);
  EXPECT_EQ(read_packet("1").kind, PacketKind::closed);
  EXPECT_EQ(read_packet("41").kind, PacketKind::closed);
  EXPECT_EQ(read_packet("40{\"sid\":\"a\"}").kind, PacketKind::connected);
  EXPECT_EQ(read_packet("44{\"message\":\"Auth failed\"}").kind, PacketKind::refused);
  for (const auto* strange : {"", "4", "6", "42", "42[", "42[\"open", "42[1]", "43[]", "437", "45"})
    EXPECT_EQ(read_packet(strange).kind, PacketKind::other) << strange;
}

TEST(ReadPacket, reads_events_and_acknowledgements) {
  const auto event = read_packet(R"(42["typing",{"userId":"a"}])");
  EXPECT_EQ(event.kind, PacketKind::event);
  EXPECT_EQ(event.name, "typing");
  EXPECT_EQ(event.payload, R"(,{"userId":"a"}])");
  EXPECT_FALSE(event.wants_ack);
  const auto asking = read_packet(R"(4217["x"])");
  EXPECT_TRUE(asking.wants_ack);
  EXPECT_EQ(asking.id, 17u);
  const auto ack = read_packet(R"(43120[{"ok":true}])");
  EXPECT_EQ(ack.kind, PacketKind::ack);
  EXPECT_EQ(ack.id, 120u);
  EXPECT_EQ(ack.payload, R"([{"ok":true}])");
}

TEST(TextField, finds_the_first) {
  constexpr auto json = R"({"_id":"ab","n":1,"content":"c","x":{"_id":"no"},"open":"a)";
  EXPECT_EQ(text_field(json, "\"_id\""), "ab");
  EXPECT_EQ(text_field(json, "\"content\""), "c");
  EXPECT_THAT(text_field(json, "\"n\""), IsEmpty());
  EXPECT_THAT(text_field(json, "\"y\""), IsEmpty());
  EXPECT_THAT(text_field(json, "\"open\""), IsEmpty());
}

TEST(Mark, comes_back_from_content_of_any_size) {
  const Mark mark{0xdeadbeef, 0xffffffff, 12, 1'234'567'890'123'456'789};
  for (const std::size_t size : {0u, 46u, 100u, 4000u}) {
    std::string content;
    append_content(content, mark, size);
    EXPECT_EQ(read_mark(content), mark);
    EXPECT_GE(content.size(), size);
    EXPECT_LE(content.size(), std::max<std::size_t>(size, 46));
  }
}

TEST(Mark, is_not_in_anything_else) {
  for (const auto* content :
       {"", "hello", "~", "~1.2.3", "~1.2.3.4", "~g.2.3.4.", "~123456789.1.1.1."})
    EXPECT_FALSE(read_mark(content)) << content;
}

}  // namespace
}  // namespace parley::load
