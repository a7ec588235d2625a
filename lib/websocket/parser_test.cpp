#include "websocket/parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "websocket/client_frame.hpp"

namespace parley::websocket {
namespace {

using namespace std::string_literals;

/// Writes down what the parser finds, one line each.
class Notes final : public FrameSink {
 public:
  std::vector<std::string> lines;
  std::string stop_at;

  bool on_message(Opcode opcode, std::span<char> payload, bool compressed) override {
    const std::string kind = opcode == Opcode::text ? "text " : "binary ";
    return note(kind + (compressed ? "deflated " : "") +
                std::string{payload.data(), payload.size()});
  }
  bool on_ping(std::string_view payload) override { return note("ping " + std::string{payload}); }
  bool on_pong(std::string_view payload) override { return note("pong " + std::string{payload}); }
  void on_close_frame(std::optional<std::uint16_t> code, std::string_view reason) override {
    note("close " + (code ? std::to_string(*code) : "-") + " " + std::string{reason});
  }

 private:
  bool note(std::string line) {
    lines.push_back(std::move(line));
    return lines.back() != stop_at;
  }
};

struct Outcome {
  std::vector<std::string> lines;
  std::optional<CloseCode> failure;
  bool idle = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome parse(const std::string& bytes, std::size_t piece,
              ParserLimits limits = {.max_message = 1000}) {
  FrameParser parser;
  Notes notes;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string part = bytes.substr(at, piece);
    if (const auto failure = parser.parse(part, limits, notes).failure)
      return {notes.lines, failure, false};
  }
  return {notes.lines, std::nullopt, parser.is_idle()};
}

/// Expects the same at every way of cutting the bytes into equal pieces.
void expect(const std::string& bytes, const Outcome& expected,
            ParserLimits limits = {.max_message = 1000}) {
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Outcome outcome = parse(bytes, piece, limits);
    EXPECT_EQ(outcome.lines, expected.lines) << "pieces of " << piece;
    EXPECT_EQ(outcome.failure, expected.failure) << "pieces of " << piece;
    if (!expected.failure) {
      EXPECT_EQ(outcome.idle, expected.idle) << "pieces of " << piece;
    }
  }
}

const auto text = [](std::string_view payload, FrameFlags flags = {}) {
  return client_frame(Opcode::text, payload, flags);
};
const auto more = [](std::string_view payload, bool fin) {
  return client_frame(Opcode::continuation, payload, {.fin = fin, .compressed = false});
};
constexpr FrameFlags not_final{.fin = false, .compressed = false};

TEST(FrameParser, reads_the_masked_hello_of_the_rfc) {
  expect("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {{"text Hello"}, std::nullopt, true});
}

TEST(FrameParser, delivers_every_frame_of_one_read) {
  expect(text("one") + text("") + client_frame(Opcode::binary, "\x00\x01"s) + text("zwölf"),
         {{"text one", "text ", "binary \x00\x01"s, "text zwölf"}, std::nullopt, true});
}

TEST(FrameParser, joins_fragments_and_lets_control_frames_between_them) {
  expect(text("Hel", not_final) + client_frame(Opcode::ping, "p1") + more("", false) +
             client_frame(Opcode::pong, "p2") + more("lo", true) + text("next"),
         {{"ping p1", "pong p2", "text Hello", "text next"}, std::nullopt, true});
}

TEST(FrameParser, checks_utf8_across_fragments) {
  expect(text("\xF0\x9F", not_final) + more("\x98", false) + more("\x80!", true),
         {{"text \xF0\x9F\x98\x80!"}, std::nullopt, true});
}

TEST(FrameParser, keeps_only_what_is_unfinished) {
  expect(text("done") + text("open", not_final), {{"text done"}, std::nullopt, false});
  expect(text("done") + text("cut off").substr(0, 4), {{"text done"}, std::nullopt, false});
}

TEST(FrameParser, takes_lengths_of_two_and_eight_bytes) {
  const std::string medium(300, 'm');
  const std::string large(70'000, 'l');
  for (const std::size_t piece : {1u, 7u, 64u, 4096u, 100'000u}) {
    const Outcome outcome = parse(text(medium) + text(large), piece, {.max_message = 70'000});
    EXPECT_EQ(outcome.lines, (std::vector<std::string>{"text " + medium, "text " + large}))
        << piece;
    EXPECT_TRUE(outcome.idle);
  }
}

TEST(FrameParser, fails_protocol_errors_with_1002) {
  std::string unmasked = encode_frame(Opcode::text, "hello");
  const std::string rows[] = {
      unmasked,
      client_frame(Opcode{3}, "x"),                          // unknown opcode
      text("x", {.fin = true, .compressed = true}),          // RSV1 without the extension
      client_frame(Opcode::ping, "p", not_final),            // fragmented control frame
      client_frame(Opcode::ping, std::string(126, 'p')),     // control frame too long
      "\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00"s + "mask",  // length with its top bit
      more("x", true),                                       // continues nothing
      text("a", not_final) + text("b"),                      // a message inside a message
      client_frame(Opcode::close, "x"),                      // half a code
      client_frame(Opcode::close, "\x03\xED"),               // 1005 on the wire
      client_frame(Opcode::close, "\x00\x00"s),
  };
  for (const std::string& row : rows) expect(row, {{}, CloseCode::protocol_error, false});
}

TEST(FrameParser, fails_bad_utf8_with_1007) {
  const std::string rows[] = {
      text("\xC0\x80"),
      text("\xE2\x82"),                             // ends inside a code point
      text("ok", not_final) + more("\xFF", false),  // found before the message ends
      text("\xE2", not_final) + more("\x82", true),
      client_frame(Opcode::close, "\x03\xE8\xFF"),
  };
  for (const std::string& row : rows) expect(row, {{}, CloseCode::invalid_data, false});
}

TEST(FrameParser, delivers_what_came_before_the_error) {
  expect(text("good") + text("\xFF") + text("never"),
         {{"text good"}, CloseCode::invalid_data, false});
}

TEST(FrameParser, refuses_messages_over_the_limit_before_reading_them) {
  const ParserLimits limits{.max_message = 10, .allow_compressed = false};
  expect(text("0123456789"), {{"text 0123456789"}, std::nullopt, true}, limits);
  expect(text("0123456789a"), {{}, CloseCode::too_big, false}, limits);
  expect(text("01234567", not_final) + more("89a", true), {{}, CloseCode::too_big, false}, limits);
  // A head that promises 2^62 bytes is refused when the head is there.
  expect("\x82\xFF\x40\x00\x00\x00\x00\x00\x00\x00"s + "mask", {{}, CloseCode::too_big, false},
         limits);
}

TEST(FrameParser, refuses_a_message_that_was_begun_under_a_higher_limit) {
  FrameParser parser;
  Notes notes;
  std::string begun = text(std::string(100, 'x'), not_final);
  ASSERT_EQ(parser.parse(begun, {.max_message = 100}, notes).failure, std::nullopt);
  std::string rest = more("", true);
  EXPECT_EQ(parser.parse(rest, {.max_message = 99}, notes).failure, CloseCode::too_big);
  EXPECT_TRUE(notes.lines.empty());
}

TEST(FrameParser, lets_compressed_messages_through_when_agreed) {
  const ParserLimits limits{.max_message = 100, .allow_compressed = true};
  expect(text("\xFF\xFE", {.fin = true, .compressed = true}),
         {{"text deflated \xFF\xFE"}, std::nullopt, true}, limits);
  expect(text("\xFF", {.fin = false, .compressed = true}) + more("\xFE", true),
         {{"text deflated \xFF\xFE"}, std::nullopt, true}, limits);
  expect(text("a", not_final) +
             client_frame(Opcode::continuation, "b", {.fin = true, .compressed = true}),
         {{}, CloseCode::protocol_error, false}, limits);
  expect(client_frame(Opcode::ping, "b", {.fin = true, .compressed = true}),
         {{}, CloseCode::protocol_error, false}, limits);
}

TEST(FrameParser, reads_nothing_behind_a_close_frame) {
  const Outcome outcome = parse(client_frame(Opcode::close,
                                             "\x03\xE8"
                                             "bye") +
                                    text("late"),
                                1000);
  EXPECT_EQ(outcome.lines, std::vector<std::string>{"close 1000 bye"});
  EXPECT_EQ(parse(client_frame(Opcode::close, ""), 1).lines, std::vector<std::string>{"close - "});
}

TEST(FrameParser, stops_when_the_sink_says_so_and_goes_on_with_the_rest) {
  const std::string begun = text("b", not_final), ended = more("B", true);
  for (const std::string& second : {text("bB"), begun + client_frame(Opcode::ping, "p") + ended}) {
    FrameParser parser;
    Notes notes;
    notes.stop_at = "text bB";
    std::string bytes = text("a") + second + text("c");
    const auto [failure, rest] = parser.parse(bytes, {}, notes);
    EXPECT_EQ(failure, std::nullopt);
    EXPECT_EQ(notes.lines.back(), "text bB");
    EXPECT_EQ(rest.size(), text("c").size());
    EXPECT_TRUE(parser.is_idle());
    EXPECT_TRUE(parser.parse(rest, {}, notes).rest.empty());
    EXPECT_EQ(notes.lines.back(), "text c");
  }
}

TEST(FrameParser, is_eight_bytes_while_idle) { EXPECT_EQ(sizeof(FrameParser), 8u); }

}  // namespace
}  // namespace parley::websocket
