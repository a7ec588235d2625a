#include "socketio/packet.hpp"

#include <gtest/gtest.h>

namespace parley::socketio {
namespace {

std::optional<Packet> decode(std::string_view text) {
  static Findings findings;
  findings = {};
  const auto packet = decode_packet(text, findings);
  return packet ? std::optional{*packet} : std::nullopt;
}

TEST(Packet, decodes_the_samples_of_the_protocol) {
  const auto connect = decode(R"(0{"token":"x"})");
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->type, PacketType::connect);
  EXPECT_EQ(connect->nsp, "/");
  EXPECT_EQ(connect->json, R"({"token":"x"})");

  const auto event = decode(R"(2/adm,13["foo",1,"2"])");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, PacketType::event);
  EXPECT_EQ(event->nsp, "/adm");
  EXPECT_EQ(event->id, 13U);
  EXPECT_EQ(event->name, "foo");
  EXPECT_EQ(event->args, R"(1,"2")");

  const auto ack = decode(R"(3/adm,13["bar"])");
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, PacketType::ack);
  EXPECT_EQ(ack->args, R"("bar")");

  const auto binary = decode(R"(51-["b",{"_placeholder":true,"num":0}])");
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->attachments, 1U);
  EXPECT_EQ(binary->args, R"({"_placeholder":true,"num":0})");

  EXPECT_EQ(decode(R"(4/adm,{"message":"m"})")->json, R"({"message":"m"})");
  EXPECT_EQ(decode("1/adm,")->nsp, "/adm");
}

TEST(Packet, ends_a_namespace_at_the_comma_or_the_end) {
  EXPECT_EQ(decode("0/custom")->nsp, "/custom");
  EXPECT_EQ(decode("0/custom,")->nsp, "/custom");
  EXPECT_EQ(decode("1/custom")->nsp, "/custom");
  EXPECT_EQ(decode("0/a?token=1,")->nsp, "/a?token=1");
  EXPECT_FALSE(decode("0/" + std::string(256, 'a')));
}

TEST(Packet, accepts_empty_and_whitespace_arguments) {
  EXPECT_EQ(decode(R"(2["a"])")->args, "");
  EXPECT_EQ(decode("30[]")->args, "");
  EXPECT_EQ(decode("30 [ 1 ] ")->args, " 1 ");
  EXPECT_EQ(decode(R"(2[5,1])")->name, "5");
}

TEST(Packet, refuses_what_the_grammar_does_not_know) {
  for (const char* text : {"",
                           "7",
                           "9[]",
                           "abc",
                           "a",
                           "0[]",
                           "01",
                           R"(0"x")",
                           "0{",
                           "00{}",
                           "1{}",
                           "10",
                           R"(1"x")",
                           "2",
                           "2{}",
                           "2[]",
                           "2[null]",
                           "2[{}]",
                           "2[true]",
                           "2[[]]",
                           R"(2"a")",
                           R"(2abc["a"])",
                           R"(2["a")",
                           R"(2["a"]x)",
                           "212",
                           "3[]",
                           "30",
                           "30{}",
                           R"(3["a"])",
                           "4",
                           "4[]",
                           "41",
                           "5",
                           "5[]",
                           R"(5["a"])",
                           R"(50-["a"])",
                           R"(5-["a"])",
                           R"(51["a"])",
                           R"(511-["a"])",
                           R"(501-["a"])",
                           R"(5999999-["a"])",
                           R"(51-["a",{"_placeholder":true,"num":1}])",
                           "61-[]",
                           R"(2/adm["a"])",
                           R"(2 /adm,["a"])",
                           R"(2-1["a"])",
                           R"(2+1["a"])"}) {
    EXPECT_FALSE(decode(text)) << text;
  }
}

TEST(Packet, refuses_reserved_event_names_even_escaped) {
  for (const char* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener",
                           "removeListener"}) {
    EXPECT_FALSE(decode(std::string{"2[\""} + name + "\"]")) << name;
    EXPECT_TRUE(is_reserved(name));
  }
  EXPECT_FALSE(decode(R"(2["\u0063onnect"])"));
  EXPECT_TRUE(decode(R"(2["connected"])"));
}

TEST(Packet, keeps_an_unescaped_name_with_the_findings) {
  Findings findings;
  const auto packet = decode_packet(R"(2["a\nb",{"c":1}])", findings);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->name, "a\nb");
  EXPECT_EQ(packet->name.data(), findings.name.data());
  EXPECT_EQ(packet->members->find("c")->text, "1");
}

TEST(Packet, bounds_acknowledgement_ids) {
  EXPECT_EQ(decode(R"(29007199254740991["a"])")->id, 9007199254740991U);
  EXPECT_FALSE(decode(R"(29007199254740992["a"])"));
  EXPECT_FALSE(decode(R"(299999999999999999999999["a"])"));
  EXPECT_EQ(decode(R"(20["a"])")->id, 0U);
}

TEST(Packet, bounds_attachments) {
  EXPECT_EQ(decode(R"(510-["a"])")->attachments, 10U);
  EXPECT_FALSE(decode(R"(511-["a"])"));
}

TEST(Packet, says_what_was_wrong_and_where) {
  Findings findings;
  EXPECT_EQ(decode_packet("9", findings).error().detail, "unknown packet type at byte 0");
  EXPECT_EQ(decode_packet("2{}", findings).error().detail, "EVENT without an array at byte 1");
}

TEST(Packet, encodes_heads) {
  const auto head = [](const PacketHead& parts) {
    std::string text;
    append_head(text, parts);
    return text;
  };
  EXPECT_EQ(head({PacketType::connect, 0, "/", std::nullopt}), "0");
  EXPECT_EQ(head({PacketType::event, 0, "/adm", 13}), "2/adm,13");
  EXPECT_EQ(head({PacketType::event, 2, "/", std::nullopt}), "52-");
  EXPECT_EQ(head({PacketType::ack, 2, "/", 789}), "62-789");
}

TEST(Packet, encodes_events_whatever_the_arguments_spacing) {
  const auto event = [](std::string_view name, std::string_view args) {
    std::string text;
    append_event(text, name, args);
    return text;
  };
  EXPECT_EQ(event("a", "[]"), R"(["a"])");
  EXPECT_EQ(event("a", " [ ] "), R"(["a"])");
  EXPECT_EQ(event("a", "[1,\"2\"]"), R"(["a",1,"2"])");
  EXPECT_EQ(event("a", " [ 1 ]\n"), R"(["a", 1 ])");
  EXPECT_EQ(event("q\"", "[[]]"), R"(["q\"",[]])");
}

}  // namespace
}  // namespace parley::socketio
