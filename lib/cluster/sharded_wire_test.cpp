#include "cluster/sharded_wire.hpp"

#include <gtest/gtest.h>

namespace parley::cluster {
namespace {

using socketio::EncodedEvent;
using socketio::Payload;
using Texts = std::vector<std::string>;

const ShardedWire root{{"socket.io", "/", "5194bba3c007399b"}};

/// socketio.md 3.3, as upstream sent it.
constexpr const char* captured =
    R"({"type":3,"data":{"packet":{"type":2,"data":["evt",{"a":1}]},"opts":{"rooms":["user:42"],"except":[],"flags":{}}},"uid":"5194bba3c007399b","nsp":"/"})";

Message decode(const std::string& bytes) {
  auto message = root.decode("socket.io#/#", bytes);
  EXPECT_TRUE(message) << message.error().detail;
  return message ? std::move(*message) : Message{};
}
/// A message of another server.
std::string from_other(int type, const std::string& data) {
  return R"({"type":)" + std::to_string(type) + R"(,"data":)" + data +
         R"(,"uid":"other","nsp":"/"})";
}

TEST(ShardedWire, speaks_on_the_channels_of_upstream) {
  EXPECT_EQ(root.channels(),
            (std::vector<Channel>{{redis::Kind::shard_channel, "socket.io#/#"},
                                  {redis::Kind::shard_channel, "socket.io#/#5194bba3c007399b#"}}));
  EXPECT_EQ(root.room_channel("user:42"),
            (Channel{redis::Kind::shard_channel, "socket.io#/#user:42#"}));
  EXPECT_EQ(root.count_servers(), (redis::Command{"PUBSUB", "SHARDNUMSUB", "socket.io#/#"}));
}

TEST(ShardedWire, writes_a_broadcast_as_upstream_does) {
  const EncodedEvent event{"/", "evt", Payload{R"([{"a":1}])", {}}};
  EXPECT_EQ(root.broadcast({{"user:42"}, {}}, event),
            (redis::Command{"SPUBLISH", "socket.io#/#user:42#", captured}));
  EXPECT_EQ(root.broadcast({}, event)[1], "socket.io#/#");
  EXPECT_EQ(root.broadcast({{"a", "b"}, {}}, event)[1], "socket.io#/#");
}

TEST(ShardedWire, sends_rooms_that_look_like_ids_to_all) {
  const EncodedEvent event{"/", "e", {}};
  const auto goes_to_all = [&](const std::string& room) {
    return root.broadcast({{room}, {}}, event)[1] == "socket.io#/#";
  };
  EXPECT_TRUE(goes_to_all("user:123456789012345"));
  EXPECT_FALSE(goes_to_all("user:12345678901234"));
  EXPECT_FALSE(goes_to_all("user:1234567890123456"));
  EXPECT_TRUE(goes_to_all("ä234567890123456789ö"));  // JavaScript counts UTF-16 units
  EXPECT_TRUE(goes_to_all("𝄞34567890123456789x"));
  EXPECT_FALSE(goes_to_all("ä23456789012345678"));
}

TEST(ShardedWire, packs_only_what_has_binary_in_it) {
  const EncodedEvent event{"/", "b", Payload{R"([{"_placeholder":true,"num":0}])", {"\x01"}}};
  const std::string bytes = root.broadcast({}, event)[2];
  EXPECT_EQ(bytes[0], '\x84');
  const ShardedWire other{{"socket.io", "/", "other"}};
  const auto message = other.decode("socket.io#/#", bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->name, "b");
  EXPECT_EQ(message->args.attachments, (Texts{"\x01"}));
}

TEST(ShardedWire, reads_a_broadcast) {
  const ShardedWire other{{"socket.io", "/", "other"}};
  const auto message = other.decode("socket.io#/#user:42#", captured);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, Kind::broadcast);
  EXPECT_EQ(message->uid, "5194bba3c007399b");
  EXPECT_EQ(message->name, "evt");
  EXPECT_EQ(message->args.json, R"([{"a":1}])");
  EXPECT_EQ(message->selection.rooms, (Texts{"user:42"}));
  EXPECT_TRUE(message->selection.is_local);
  EXPECT_TRUE(message->request.empty());
}

TEST(ShardedWire, knows_its_own_messages) {
  EXPECT_TRUE(root.is_own(captured));
  EXPECT_EQ(decode(captured).uid, root.address().uid);
  const EncodedEvent event{"/", "b", Payload{R"([{"_placeholder":true,"num":0}])", {"\x01"}}};
  EXPECT_EQ(decode(root.broadcast({}, event)[2]).uid, root.address().uid);
  EXPECT_FALSE(root.is_own(from_other(7, "{}")));
}

TEST(ShardedWire, reads_requests) {
  const Message join =
      decode(from_other(4, R"({"opts":{"rooms":["a"],"except":["b"]},"rooms":["c",5]})"));
  EXPECT_EQ(join.kind, Kind::join);
  EXPECT_EQ(join.selection.rooms, (Texts{"a"}));
  EXPECT_EQ(join.selection.except, (Texts{"b"}));
  EXPECT_EQ(join.rooms, (Texts{"c", "5"}));
  EXPECT_EQ(decode(from_other(5, R"({"opts":{},"rooms":["c"]})")).kind, Kind::leave);
  const Message disconnect = decode(from_other(6, R"({"opts":{},"close":true})"));
  EXPECT_EQ(disconnect.kind, Kind::disconnect);
  EXPECT_TRUE(disconnect.close_engine);
  const Message fetch = decode(from_other(7, R"({"opts":{"rooms":[]},"requestId":"q"})"));
  EXPECT_EQ(fetch.kind, Kind::fetch);
  EXPECT_EQ(fetch.request, "q");
  const Message emit = decode(from_other(9, R"({"packet":["hello","w"],"requestId":"q"})"));
  EXPECT_EQ(emit.kind, Kind::server_side_emit);
  EXPECT_EQ(emit.name, "hello");
  EXPECT_EQ(emit.args.json, R"(["w"])");
  const Message ask = decode(from_other(
      3,
      R"({"packet":{"data":["e",1]},"opts":{"rooms":[],"flags":{"timeout":9}},"requestId":"q"})"));
  EXPECT_EQ(ask.request, "q");
  EXPECT_EQ(ask.timeout, std::chrono::milliseconds{9});
}

TEST(ShardedWire, reads_answers) {
  const Message sockets = decode(from_other(8, R"({"requestId":"q","sockets":[{"id":"s"}]})"));
  EXPECT_EQ(sockets.kind, Kind::sockets);
  EXPECT_EQ(sockets.sockets.size(), 1U);
  EXPECT_EQ(decode(from_other(10, R"({"requestId":"q","packet":5})")).args.json, "[5]");
  EXPECT_EQ(decode(from_other(11, R"({"requestId":"q","clientCount":5})")).clients, 5U);
  EXPECT_EQ(decode(from_other(12, R"({"requestId":"q"})")).args.json, "[]");
  for (const int heartbeat : {1, 2, 13, 99})
    EXPECT_EQ(decode(from_other(heartbeat, "{}")).kind, Kind::other);
}

TEST(ShardedWire, refuses_what_is_none) {
  for (const std::string& bytes : {std::string{},
                                   std::string{"{"},
                                   std::string{"{}"},
                                   std::string{"[]"},
                                   std::string{"\xff"},
                                   std::string{R"({"type":7,"uid":"u","nsp":"/other"})"},
                                   std::string{R"({"type":7,"uid":"u"})"},
                                   std::string{R"({"uid":"u","nsp":"/"})"},
                                   from_other(3, "{}"),
                                   from_other(3, "null"),
                                   from_other(3, R"({"packet":{"data":["e"]}})"),
                                   from_other(3, R"({"packet":{},"opts":{}})"),
                                   from_other(3, R"({"packet":{"data":["disconnect"]},"opts":{}})"),
                                   from_other(4, "{}"),
                                   from_other(6, R"({"close":true})"),
                                   from_other(9, R"({"packet":"x"})"),
                                   from_other(11, "{}"),
                                   from_other(3, "{\"\xff\":1}"),
                                   std::string(100, '{'),
                                   "{\"a\":" + std::string(100'000, '[')}) {
    EXPECT_FALSE(root.decode("socket.io#/#", bytes)) << testing::PrintToString(bytes.substr(0, 99));
  }
}

TEST(ShardedWire, refuses_what_is_too_large) {
  DocumentLimits limits;
  limits.max_bytes = 50;
  const ShardedWire small{{"socket.io", "/", "u"}, limits};
  EXPECT_EQ(small.decode("socket.io#/#", captured).error().code, Errc::too_large);
}

Message message_of(Kind kind) {
  Message message;
  message.kind = kind;
  return message;
}

TEST(ShardedWire, writes_requests_and_answers_that_another_reads) {
  const ShardedWire other{{"socket.io", "/", "other"}};
  Message ask = message_of(Kind::broadcast);
  ask.request = "q\"";
  ask.name = "e";
  ask.args.json = "[1.0]";
  ask.timeout = std::chrono::milliseconds{7};
  ask.selection.rooms = {"r"};
  const auto command = root.request(ask);
  EXPECT_EQ(command[1], "socket.io#/#");  // asked ones never go to a room's channel
  const auto asked = other.decode(command[1], command[2]);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->request, "q\"");
  EXPECT_EQ(asked->args.json, "[1.0]");
  EXPECT_EQ(asked->timeout, ask.timeout);
  Message count = message_of(Kind::client_count);
  count.clients = 2;
  EXPECT_EQ(
      other.answer(count, *asked),
      (redis::Command{
          "SPUBLISH", "socket.io#/#5194bba3c007399b#",
          R"({"type":11,"data":{"requestId":"q\"","clientCount":2},"uid":"other","nsp":"/"})"}));
  Message value = message_of(Kind::client_answer);
  value.args = {R"([{"_placeholder":true,"num":0}])", {"b"}};
  const auto answer = root.decode("socket.io#/#5194bba3c007399b#", other.answer(value, *asked)[2]);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, Kind::client_answer);
  EXPECT_EQ(answer->args.attachments, (Texts{"b"}));
}

TEST(ShardedWire, writes_what_upstream_writes) {
  Message join = message_of(Kind::join);
  join.selection.rooms = {"a"};
  join.rooms = {"b"};
  EXPECT_EQ(
      root.request(join)[2],
      R"({"type":4,"data":{"opts":{"rooms":["a"],"except":[],"flags":{}},"rooms":["b"]},"uid":"5194bba3c007399b","nsp":"/"})");
  Message emit = message_of(Kind::server_side_emit);
  emit.name = "hi";
  EXPECT_EQ(root.request(emit)[2],
            R"({"type":9,"data":{"packet":["hi"]},"uid":"5194bba3c007399b","nsp":"/"})");
  Message disconnect = message_of(Kind::disconnect);
  EXPECT_EQ(
      root.request(disconnect)[2],
      R"({"type":6,"data":{"opts":{"rooms":[],"except":[],"flags":{}},"close":false},"uid":"5194bba3c007399b","nsp":"/"})");
}

}  // namespace
}  // namespace parley::cluster
