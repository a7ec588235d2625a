#include "socketio/event.hpp"

#include <gtest/gtest.h>

namespace parley::socketio {
namespace {

std::vector<std::string> payloads(std::span<const engineio::Message> messages) {
  std::vector<std::string> texts;
  for (const auto& message : messages) texts.emplace_back(message.payload());
  return texts;
}

TEST(Payload, is_made_of_values_and_read_back) {
  const Payload payload = Payload::of({1, "x", {{"a", nullptr}}});
  EXPECT_EQ(payload.json, R"([1,"x",{"a":null}])");
  EXPECT_EQ(payload.parse().size(), 3U);
}

TEST(Payload, names_attachments_by_placeholders) {
  EXPECT_EQ(Payload::of({Payload::placeholder(1)}).json, R"([{"_placeholder":true,"num":1}])");
}

TEST(Payload, is_empty_when_its_text_is_no_array) {
  EXPECT_TRUE((Payload{"{}", {}}.parse().empty()));
}

TEST(EncodedEvent, is_one_text_message) {
  const EncodedEvent event{"/adm", "foo", Payload::of({1})};
  EXPECT_EQ(payloads(event.messages()), (std::vector<std::string>{R"(42/adm,["foo",1])"}));
  EXPECT_EQ(event.text(), R"(2/adm,["foo",1])");
}

TEST(EncodedEvent, is_followed_by_its_attachments) {
  const EncodedEvent event{"/", "b", {R"([{"_placeholder":true,"num":0}])", {"bytes"}}};
  EXPECT_EQ(payloads(event.messages()),
            (std::vector<std::string>{R"(451-["b",{"_placeholder":true,"num":0}])", "bytes"}));
  EXPECT_TRUE(event.messages()[1].is_binary());
}

TEST(EncodedEvent, shows_its_data_whatever_stands_before) {
  EXPECT_EQ((EncodedEvent{"/", "a,b-1", {"[1]", {}}}.data()), R"(["a,b-1",1])");
  EXPECT_EQ((EncodedEvent{"/n-1", "a", {}}.data()), R"(["a"])");
  const EncodedEvent event{"/1-2", "b", {R"([{"_placeholder":true,"num":0}])", {"bytes"}}};
  EXPECT_EQ(event.data(), R"(["b",{"_placeholder":true,"num":0}])");
  ASSERT_EQ(event.attachments().size(), 1U);
  EXPECT_EQ(event.attachments()[0].payload(), "bytes");
}

TEST(EncodedEvent, takes_one_more_argument_and_shares_its_attachments) {
  const EncodedEvent event{"/", "b", {R"([ {"_placeholder":true,"num":0} ] )", {"bytes"}}};
  const EncodedEvent more = event.with_argument("0-1");
  EXPECT_EQ(payloads(more.messages())[0], R"(451-["b", {"_placeholder":true,"num":0} ,"0-1"])");
  EXPECT_EQ(more.messages()[1].frame(), event.messages()[1].frame());
  const EncodedEvent bare{"/", "b", {}};
  EXPECT_EQ(bare.with_argument("0-2").text(), R"(2["b","0-2"])");
}

TEST(EncodedEvent, does_not_grow_the_buffer_for_good) {
  const EncodedEvent big{"/", "b", {"[\"" + std::string(1'000'000, 'x') + "\"]", {}}};
  EXPECT_EQ(big.text().size(), 1'000'000 + 9U);
  EXPECT_EQ((EncodedEvent{"/", "s", {}}.text()), R"(2["s"])");
}

TEST(EventWriter, writes_what_an_encoded_event_holds) {
  EventWriter writer;
  writer.begin({"/adm", "a\"b"}) += R"({"c":1})";
  writer.end();
  const EncodedEvent shared{"/adm", "a\"b", {R"([{"c":1}])", {}}};
  EXPECT_EQ(writer.frames().bytes, *shared.messages().front().frame());
}

TEST(EventWriter, writes_events_and_answers_one_behind_the_other) {
  EventWriter writer;
  writer.begin({"/", "next"}) += "2";
  writer.end();
  writer.begin_answer("/adm", 13) += "\"bar\"";
  writer.end();
  EXPECT_EQ(payloads(writer.frames().messages()),
            (std::vector<std::string>{R"(42["next",2])", R"(43/adm,13["bar"])"}));
}

TEST(Encoding, writes_acks_and_plain_packets) {
  EXPECT_EQ(
      payloads(std::vector<engineio::Message>{encode_ack("/adm", 13, {"[\"bar\"]", {}})[0]})[0],
      R"(43/adm,13["bar"])");
  EXPECT_EQ(encode_ack("/", 789, {"[{}]", {"x"}})[0].payload(), "461-789[{}]");
  EXPECT_EQ(encode_plain(PacketType::disconnect, "/adm").payload(), "41/adm,");
  EXPECT_EQ(encode_plain(PacketType::connect, "/", "{}").payload(), "40{}");
}

}  // namespace
}  // namespace parley::socketio
