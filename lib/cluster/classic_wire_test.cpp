#include "cluster/classic_wire.hpp"

#include <gtest/gtest.h>

namespace parley::cluster {
namespace {

using namespace std::string_literals;
using socketio::EncodedEvent;
using socketio::Payload;
using socketio::Selection;
using Texts = std::vector<std::string>;

const ClassicWire root{{"socket.io", "/", "Rll3tv"}};

Message decode(const std::string& channel, const std::string& bytes) {
  auto message = root.decode(channel, bytes);
  EXPECT_TRUE(message) << message.error().detail;
  return message ? std::move(*message) : Message{};
}
Message decode_request(const std::string& bytes) { return decode("socket.io-request#/#", bytes); }
Message decode_answer(const std::string& bytes) { return decode("socket.io-response#/#", bytes); }
std::string json_of(const std::string& msgpack) { return read_msgpack(msgpack)->json; }

/// socketio.md 3.1, as upstream sent it.
const std::string captured =
    "\x93\xa6"
    "a1B2c3"
    "\x83\xa4type\x02\xa4"
    "data\x92\xa3"
    "evt\x81\xa1"
    "a\x01\xa3nsp\xa1/"
    "\x83\xa5rooms\x91\xa7user:42\xa6"
    "except\x90\xa5"
    "flags\x80";

TEST(ClassicWire, speaks_on_the_channels_of_upstream) {
  const ClassicWire wire{{"socket.io", "/a*[b]", "uid123"}};
  EXPECT_EQ(wire.channels(),
            (std::vector<Channel>{{redis::Kind::pattern, "socket.io#/a\\*\\[b\\]#*"},
                                  {redis::Kind::channel, "socket.io-request#/a*[b]#"},
                                  {redis::Kind::channel, "socket.io-response#/a*[b]#"},
                                  {redis::Kind::channel, "socket.io-response#/a*[b]#uid123#"}}));
  EXPECT_EQ(wire.count_servers(),
            (redis::Command{"PUBSUB", "NUMSUB", "socket.io-request#/a*[b]#"}));
  EXPECT_EQ(wire.room_channel("x"), std::nullopt);
}

TEST(ClassicWire, knows_the_room_by_the_channel) {
  EXPECT_EQ(root.room_of("socket.io#/#user:42#"), "user:42");
  EXPECT_EQ(root.room_of("socket.io#/#a#b#"), "a#b");
  EXPECT_EQ(root.room_of("socket.io#/#"), "");
  EXPECT_EQ(root.room_of("socket.io-request#/#"), "");
}

TEST(ClassicWire, writes_a_broadcast_as_upstream_does) {
  const ClassicWire wire{{"socket.io", "/", "a1B2c3"}};
  const EncodedEvent event{"/", "evt", Payload{R"([{"a":1}])", {}}};
  EXPECT_EQ(wire.broadcast({{"user:42"}, {}}, event),
            (redis::Command{"PUBLISH", "socket.io#/#user:42#", captured}));
  EXPECT_EQ(wire.broadcast({}, event)[1], "socket.io#/#");
  EXPECT_EQ(wire.broadcast({{"a", "b"}, {}}, event)[1], "socket.io#/#");
}

TEST(ClassicWire, writes_except_and_flags_and_binary) {
  const ClassicWire wire{{"pre", "/adm", "a1B2c3"}};
  const EncodedEvent event{"/adm", "b",
                           Payload{R"([{"_placeholder":true,"num":0},5])", {"\x01\x02"}}};
  const auto command = wire.broadcast({{"r"}, {"x"}, false, true}, event);
  EXPECT_EQ(command[1], "pre#/adm#r#");
  EXPECT_NE(command[2].find("\xa1"
                            "b\xc4\x02\x01\x02\x05"),
            std::string::npos);
  EXPECT_EQ(
      json_of(command[2]),
      R"(["a1B2c3",{"type":2,"data":["b",{"_placeholder":true,"num":0},5],"nsp":"/adm"},{"rooms":["r"],"except":["x"],"flags":{"volatile":true}}])");
}

TEST(ClassicWire, reads_a_broadcast) {
  const Message message = decode("socket.io#/#user:42#", captured);
  EXPECT_EQ(message.kind, Kind::broadcast);
  EXPECT_EQ(message.uid, "a1B2c3");
  EXPECT_EQ(message.name, "evt");
  EXPECT_EQ(message.args.json, R"([{"a":1}])");
  EXPECT_EQ(message.selection.rooms, (Texts{"user:42"}));
  EXPECT_TRUE(message.selection.except.empty());
  EXPECT_TRUE(message.selection.is_local);
  EXPECT_FALSE(message.selection.is_volatile);
  EXPECT_TRUE(message.request.empty());
}

/// The emitter's key order, a room that is a number, no namespace, no flags, wide lengths, binary.
TEST(ClassicWire, reads_a_broadcast_in_any_legal_form) {
  const Message message =
      decode("socket.io#/#5#",
             "\xdc\x00\x03\xd9\x07"
             "emitter\xde\x00\x02\xa4"
             "data\x93\xa1"
             "e\xc4\x02\x01\x02\xcb\x40\x14\x00\x00\x00\x00\x00\x00\xa4type\xcc\x02\x82\xa6"
             "except\xc0\xa5rooms\x91\xcd\x00\x05"s);
  EXPECT_EQ(message.uid, "emitter");
  EXPECT_EQ(message.name, "e");
  EXPECT_EQ(message.args.json, R"([{"_placeholder":true,"num":0},5])");
  EXPECT_EQ(message.args.attachments, (Texts{"\x01\x02"}));
  EXPECT_EQ(message.selection.rooms, (Texts{"5"}));
  EXPECT_TRUE(message.selection.except.empty());
}

TEST(ClassicWire, honours_volatile_and_ignores_other_flags) {
  const std::string bytes = write_msgpack(
      R"(["u",{"data":["e"],"nsp":"/"},{"flags":{"volatile":true,"compress":true,"broadcast":true,"timeout":3}}])",
      {});
  const Message message = decode("socket.io#/#", bytes);
  EXPECT_TRUE(message.selection.is_volatile);
  EXPECT_EQ(message.timeout, std::nullopt);
}

TEST(ClassicWire, knows_its_own_messages_without_decoding) {
  EXPECT_TRUE(root.is_own(root.broadcast({}, EncodedEvent{"/", "e", {}})[2]));
  Message fetch;
  fetch.kind = Kind::fetch;
  EXPECT_TRUE(root.is_own(root.request(fetch)[2]));
  EXPECT_FALSE(root.is_own(captured));
}

TEST(ClassicWire, refuses_broadcasts_that_are_none) {
  for (const std::string json :
       {R"([])", R"(["u"])", R"(["u",{"data":["e"]}])", R"(["u",{"data":["e"]},null])",
        R"(["u",{"data":["e"],"nsp":"/other"},{"rooms":[]}])", R"(["u",{"data":[]},{"rooms":[]}])",
        R"(["u",{"data":{}},{"rooms":[]}])", R"(["u",{},{"rooms":[]}])",
        R"(["u",null,{"rooms":[]}])", R"(["u",{"data":["connect"]},{"rooms":[]}])", R"({"a":1})",
        "5", "null"}) {
    EXPECT_FALSE(root.decode("socket.io#/#", write_msgpack(json, {}))) << json;
  }
  EXPECT_FALSE(root.decode("socket.io#/#", R"(["u",{"data":["e"]},{"rooms":[]}])"));
  EXPECT_FALSE(root.decode("socket.io#/#", ""));
}

TEST(ClassicWire, refuses_a_placeholder_that_names_no_attachment) {
  const std::string bytes = write_msgpack(
      R"(["u",{"data":["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":7}]},{}])",
      {"x"});
  EXPECT_FALSE(root.decode("socket.io#/#", bytes));
}

TEST(ClassicWire, reads_the_captured_requests) {
  const Message fetch = decode_request(
      R"({"uid":"Rll3tv","requestId":"aV7QrK","type":5,"opts":{"rooms":[],"except":[]}})");
  EXPECT_EQ(fetch.kind, Kind::fetch);
  EXPECT_EQ(fetch.uid, "Rll3tv");
  EXPECT_EQ(fetch.request, "aV7QrK");
  const Message join = decode_request(
      R"({"uid":"Rll3tv","type":2,"opts":{"rooms":["user:42"],"except":[]},"rooms":["r2",7]})");
  EXPECT_EQ(join.kind, Kind::join);
  EXPECT_EQ(join.selection.rooms, (Texts{"user:42"}));
  EXPECT_EQ(join.rooms, (Texts{"r2", "7"}));
  const Message emit =
      decode_request(R"({"uid":"x","requestId":"MGopDn","type":6,"data":["hello","w"]})");
  EXPECT_EQ(emit.kind, Kind::server_side_emit);
  EXPECT_EQ(emit.request, "MGopDn");
  EXPECT_EQ(emit.name, "hello");
  EXPECT_EQ(emit.args.json, R"(["w"])");
}

TEST(ClassicWire, reads_requests_of_the_emitter) {
  const Message leave =
      decode_request(R"({"type":3,"opts":{"rooms":["a"],"except":["b"]},"rooms":["c"]})");
  EXPECT_EQ(leave.kind, Kind::leave);
  EXPECT_EQ(leave.uid, "");
  EXPECT_EQ(leave.selection.except, (Texts{"b"}));
  const Message disconnect = decode_request(R"({"type":4,"opts":{"rooms":[]},"close":true})");
  EXPECT_EQ(disconnect.kind, Kind::disconnect);
  EXPECT_TRUE(disconnect.close_engine);
}

TEST(ClassicWire, reads_requests_of_old_servers_for_one_socket) {
  const Message join = decode_request(R"({"requestId":"q","type":2,"sid":"s","room":"r"})");
  EXPECT_EQ(join.selection.rooms, (Texts{"s"}));
  EXPECT_EQ(join.rooms, (Texts{"r"}));
  EXPECT_EQ(join.request, "q");
  const Message disconnect =
      decode_request(R"({"requestId":"q","type":4,"sid":"s","close":false})");
  EXPECT_EQ(disconnect.selection.rooms, (Texts{"s"}));
  EXPECT_EQ(decode_request(R"({"requestId":"q","type":0,"rooms":["a"]})").kind, Kind::list_sockets);
  EXPECT_EQ(decode_request(R"({"requestId":"q","type":1})").kind, Kind::list_rooms);
}

TEST(ClassicWire, reads_a_broadcast_with_a_request) {
  const std::string bytes = write_msgpack(
      R"({"uid":"u","requestId":"q","type":7,"packet":{"type":2,"data":["e",{"_placeholder":true,"num":0}],"nsp":"/"},"opts":{"rooms":["r"],"except":[],"flags":{"timeout":500}}})",
      {"b"});
  const Message message = decode_request(bytes);
  EXPECT_EQ(message.kind, Kind::broadcast);
  EXPECT_EQ(message.request, "q");
  EXPECT_EQ(message.name, "e");
  EXPECT_EQ(message.args.attachments, (Texts{"b"}));
  EXPECT_EQ(message.timeout, std::chrono::milliseconds{500});
}

TEST(ClassicWire, refuses_requests_that_would_reach_too_many) {
  for (const std::string_view json :
       {R"({"type":4})", R"({"type":4,"close":true})", R"({"type":2,"rooms":["r"]})",
        R"({"type":2,"sid":"s"})", R"({"type":3,"room":"r"})", R"({"type":7,"opts":{}})", R"({})",
        R"({"type":"4"})", R"({"type":6})", R"({"type":6,"data":{}})", R"({"type":)", "{", "\xff",
        ""}) {
    EXPECT_FALSE(root.decode("socket.io-request#/#", json)) << json;
  }
  EXPECT_EQ(decode_request(R"({"type":99})").kind, Kind::other);
  EXPECT_FALSE(root.decode("socket.io-request#/#", "{\"type\":4,\"sid\":\"\xff\"}"));
}

Message request(Kind kind, std::string id = "") {
  Message message;
  message.kind = kind;
  message.request = std::move(id);
  return message;
}

TEST(ClassicWire, writes_requests_as_upstream_does) {
  EXPECT_EQ(
      root.request(request(Kind::fetch, "aV7QrK")),
      (redis::Command{
          "PUBLISH", "socket.io-request#/#",
          R"({"uid":"Rll3tv","requestId":"aV7QrK","type":5,"opts":{"rooms":[],"except":[]}})"}));
  Message join = request(Kind::join);
  join.selection.rooms = {"user:42"};
  join.rooms = {"r2"};
  EXPECT_EQ(root.request(join)[2],
            R"({"uid":"Rll3tv","type":2,"opts":{"rooms":["user:42"],"except":[]},"rooms":["r2"]})");
  Message disconnect = request(Kind::disconnect);
  disconnect.close_engine = true;
  EXPECT_EQ(root.request(disconnect)[2],
            R"({"uid":"Rll3tv","type":4,"opts":{"rooms":[],"except":[]},"close":true})");
  Message emit = request(Kind::server_side_emit, "MGopDn");
  emit.name = "hello";
  emit.args.json = R"(["w"])";
  EXPECT_EQ(root.request(emit)[2],
            R"({"uid":"Rll3tv","requestId":"MGopDn","type":6,"data":["hello","w"]})");
  Message ask = request(Kind::broadcast, "q");
  ask.name = "e";
  ask.timeout = std::chrono::milliseconds{500};
  ask.selection.is_volatile = true;
  EXPECT_EQ(
      json_of(root.request(ask)[2]),
      R"({"uid":"Rll3tv","requestId":"q","type":7,"packet":{"type":2,"data":["e"],"nsp":"/"},"opts":{"rooms":[],"except":[],"flags":{"volatile":true,"timeout":500}}})");
}

TEST(ClassicWire, writes_answers_to_the_common_channel) {
  const Message to = request(Kind::fetch, "q");
  Message sockets = request(Kind::sockets);
  EXPECT_EQ(root.answer(sockets, to), (redis::Command{"PUBLISH", "socket.io-response#/#",
                                                      R"({"requestId":"q","sockets":[]})"}));
  sockets.sockets.push_back({"sid", {"r", "sid"}, {{"url", "/"}}, {{"name", "a"}}});
  EXPECT_EQ(
      root.answer(sockets, to)[2],
      R"({"requestId":"q","sockets":[{"id":"sid","handshake":{"url":"/"},"rooms":["r","sid"],"data":{"name":"a"}}]})");
  Message ids = request(Kind::ids);
  ids.rooms = {"a"};
  EXPECT_EQ(root.answer(ids, request(Kind::list_rooms, "q"))[2],
            R"({"requestId":"q","rooms":["a"]})");
  EXPECT_EQ(root.answer(ids, request(Kind::list_sockets, "q"))[2],
            R"({"requestId":"q","sockets":["a"]})");
  EXPECT_EQ(root.answer(request(Kind::done), request(Kind::join, "q"))[2], R"({"requestId":"q"})");
  EXPECT_EQ(root.answer(request(Kind::client_count), request(Kind::broadcast, "q"))[2],
            R"({"type":8,"requestId":"q","clientCount":0})");
  Message value = request(Kind::server_answer);
  value.args.json = R"(["pong1",2])";
  EXPECT_EQ(root.answer(value, request(Kind::server_side_emit, "MGopDn"))[2],
            R"({"type":6,"requestId":"MGopDn","data":"pong1"})");
  value.kind = Kind::client_answer;
  value.args = {R"([{"_placeholder":true,"num":0}])", {"b"}};
  EXPECT_EQ(
      root.answer(value, request(Kind::broadcast, "q"))[2],
      write_msgpack(R"({"type":9,"requestId":"q","packet":{"_placeholder":true,"num":0}})", {"b"}));
  value.args = {};
  EXPECT_EQ(json_of(root.answer(value, request(Kind::broadcast, "q"))[2]),
            R"({"type":9,"requestId":"q"})");
}

TEST(ClassicWire, reads_answers) {
  const Message sockets = decode_answer(
      R"({"requestId":"q","sockets":[{"id":"s","handshake":{"a":1},"rooms":["s",5],"data":null},{"id":null},7]})");
  EXPECT_EQ(sockets.kind, Kind::sockets);
  ASSERT_EQ(sockets.sockets.size(), 1U);
  EXPECT_EQ(sockets.sockets[0].id, "s");
  EXPECT_EQ(sockets.sockets[0].rooms, (Texts{"s", "5"}));
  EXPECT_EQ(sockets.sockets[0].handshake, (json::object{{"a", 1}}));
  EXPECT_TRUE(sockets.sockets[0].data.empty());
  const Message pong = decode_answer(R"({"type":6,"requestId":"MGopDn","data":"pong1"})");
  EXPECT_EQ(pong.kind, Kind::server_answer);
  EXPECT_EQ(pong.args.json, R"(["pong1"])");
  EXPECT_EQ(decode_answer(R"({"type":6,"requestId":"q"})").args.json, "[]");
  const Message count = decode_answer(R"({"type":8,"requestId":"q","clientCount":3})");
  EXPECT_EQ(count.kind, Kind::client_count);
  EXPECT_EQ(count.clients, 3U);
  EXPECT_EQ(decode_answer(R"({"type":9,"requestId":"q","packet":[1]})").args.json, "[[1]]");
  const Message binary = decode_answer(
      write_msgpack(R"({"type":9,"requestId":"q","packet":{"_placeholder":true,"num":0}})", {"b"}));
  EXPECT_EQ(binary.kind, Kind::client_answer);
  EXPECT_EQ(binary.args.attachments, (Texts{"b"}));
  EXPECT_EQ(decode_answer(R"({"requestId":"q"})").kind, Kind::other);
  EXPECT_FALSE(
      root.decode("socket.io-response#/#", R"({"type":8,"requestId":"q","clientCount":-1})"));
  EXPECT_FALSE(root.decode("socket.io-response#/#", R"({"type":8})"));
}

}  // namespace
}  // namespace parley::cluster
