#include "socketio/socket.hpp"

#include <gtest/gtest.h>

#include "socketio/testing.hpp"

namespace parley::socketio {
namespace {

using Texts = std::vector<std::string>;

class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    io.of("/").on_connection([this](const auto& joined) { socket = joined; });
  }
  ~SocketTest() override { socket.reset(); }

  template <class Act>
  void on_shard(Act act) {
    {
      const net::ShardScope scope{shards[0]};
      act();
    }
    client.run();
  }

  net::Shards shards{1};
  Server io{shards, {}};
  std::shared_ptr<Socket> socket;
  TestClient client{io, shards};
};

TEST_F(SocketTest, echoes_arguments_as_they_were_written) {
  io.of("/").on("message", [](const auto& from, Event& event) {
    from->emit("message-back", event.payload());
  });
  client.connect();
  client.emit("message", {R"([1,1.0,"2",{"b":[true],"a":1e2},"\u00e9"])", {}});
  EXPECT_EQ(client.take("message-back"), (Texts{R"([1,1.0,"2",{"b":[true],"a":1e2},"\u00e9"])"}));
}

TEST_F(SocketTest, echoes_binary) {
  io.of("/").on("message", [](const auto& from, Event& event) {
    from->emit("message-back", event.payload());
  });
  client.connect();
  client.emit("message", {R"([{"_placeholder":true,"num":0}])", {std::string("\0\1", 2)}});
  const auto events = client.take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].args.attachments, (Texts{std::string("\0\1", 2)}));
}

TEST_F(SocketTest, answers_with_an_ack_once) {
  io.of("/").on("ask", [](const auto&, Event& event) {
    EXPECT_TRUE(event.ack());
    event.ack()(event.payload());
    event.ack()({"[\"again\"]", {}});
  });
  client.connect();
  const auto answer = client.emit_with_ack("ask", {"[1,2]", {}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->json, "[1,2]");
}

TEST_F(SocketTest, sends_what_is_written_for_it_alone) {
  io.of("/").on("ask", [](const auto& from, Event& event) {
    EXPECT_EQ(event.text(), "1, {}");
    EventWriter writer;
    writer.begin({"/", "written"}) += "{\"a\":1}";
    writer.end();
    from->emit(writer.frames());
    from->answer(event.ack_id().value(), "\"once\"");
  });
  client.connect();
  const auto answer = client.emit_with_ack("ask", {"[1, {}]", {}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->json, "[\"once\"]");
  EXPECT_EQ(client.take("written"), (Texts{"[{\"a\":1}]"}));
}

TEST_F(SocketTest, lets_an_ack_come_later_and_from_a_copy) {
  Ack kept;
  io.of("/").on("ask", [&](const auto&, Event& event) { kept = event.ack(); });
  client.connect();
  EXPECT_FALSE(client.emit_with_ack("ask"));
  on_shard([&] { kept({"[\"late\"]", {}}); });
  client.session().take_sent();
  client.close();
  on_shard([&] { kept({"[\"too late\"]", {}}); });
}

TEST_F(SocketTest, has_no_ack_for_an_event_without_an_id) {
  bool asked = true;
  io.of("/").on("tell", [&](const auto&, Event& event) { asked = static_cast<bool>(event.ack()); });
  client.connect();
  client.emit("tell");
  EXPECT_FALSE(asked);
}

TEST_F(SocketTest, parses_arguments_on_demand) {
  json::array got;
  io.of("/").on("e", [&](const auto&, Event& event) { got = event.args(); });
  client.connect();
  client.emit("e", {R"([1,{"a":"\ud83d"}])", {}});
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1].at("a").as_string(), "\xEF\xBF\xBD");
}

TEST_F(SocketTest, calls_its_own_handlers_then_the_namespaces_then_the_catch_all) {
  Texts calls;
  io.of("/")
      .on("e", [&](const auto&, Event&) { calls.push_back("nsp"); })
      .on_any([&](const auto&, Event& event) {
        calls.emplace_back("any " + std::string{event.name()});
      });
  client.connect();
  socket->on("e", [&](Event&) { calls.push_back("own"); });
  client.emit("e");
  client.emit("f");
  EXPECT_EQ(calls, (Texts{"own", "nsp", "any e", "any f"}));
}

TEST_F(SocketTest, calls_who_is_there_for_events_that_nobody_else_handles) {
  Texts calls;
  const auto keep = [&](const std::string& who) {
    return [&calls, who](const auto&, Event& event) {
      calls.emplace_back(who + " " + std::string{event.name()});
    };
  };
  io.of("/").on("e", keep("nsp")).on_other(keep("other")).on_any(keep("any"));
  client.connect();
  socket->on("own", [&](Event&) { calls.push_back("own"); });
  for (const char* name : {"e", "own", "f"}) client.emit(name);
  EXPECT_EQ(calls, (Texts{"nsp e", "any e", "own", "any own", "other f", "any f"}));
}

TEST_F(SocketTest, lets_a_handler_replace_itself) {
  Texts calls;
  client.connect();
  socket->on("e", [&](Event&) {
    socket->on("e", [&](Event&) { calls.push_back("second"); });
    calls.push_back("first");
  });
  client.emit("e");
  client.emit("e");
  EXPECT_EQ(calls, (Texts{"first", "second"}));
}

TEST_F(SocketTest, keeps_filtered_events_from_handlers) {
  int calls = 0;
  io.of("/").filter([](const auto&, Event& event) -> Result<Done> {
    if (event.name() == "throws") throw std::runtime_error("bug");
    if (event.name() == "bad") return fail(Errc::forbidden);
    return Done{};
  });
  io.of("/").on_any([&](const auto&, Event&) { ++calls; });
  client.connect();
  for (const char* name : {"good", "bad", "throws"}) client.emit(name);
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(client.closed());
}

TEST_F(SocketTest, survives_handlers_that_throw) {
  io.of("/").on("bad", [](const auto&, Event&) { throw std::runtime_error("bug"); });
  io.of("/").on("good", [](const auto& from, Event&) { from->emit("fine"); });
  io.of("/").on_connection([](const auto&) { throw 42; });
  client.connect();
  client.emit("bad");
  client.emit("good");
  EXPECT_EQ(client.take("fine").size(), 1U);
  EXPECT_EQ(shards[0].escaped_exceptions(), 2U);
}

TEST_F(SocketTest, gets_answers_to_its_questions) {
  client.connect();
  Texts answers;
  on_shard([&] {
    for (const char* name : {"q1", "q2"}) {
      socket->emit_with_ack(name, {"[1]", {}}, 1s, [&](const Result<Payload>& answer) {
        answers.push_back(answer->json);
      });
    }
  });
  const auto events = client.take_events();
  ASSERT_EQ(events.size(), 2U);
  client.acknowledge(events[1], {"[\"two\",2]", {}});
  client.acknowledge(events[0], {"[\"one\"]", {}});
  client.acknowledge(events[0], {"[\"once more\"]", {}});
  EXPECT_EQ(answers, (Texts{R"(["two",2])", R"(["one"])"}));
}

TEST_F(SocketTest, gives_questions_up_after_their_timeout) {
  client.connect();
  std::vector<Error> errors;
  on_shard([&] {
    socket->emit_with_ack("q", {}, 1s,
                          [&](const Result<Payload>& answer) { errors.push_back(answer.error()); });
  });
  const auto events = client.take_events();
  client.run_after(1100ms);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0], fail(Errc::timeout, "operation has timed out"));
  client.acknowledge(events.at(0), {"[1]", {}});
  EXPECT_EQ(errors.size(), 1U);
  EXPECT_FALSE(client.closed());
}

TEST_F(SocketTest, tells_questions_that_it_is_gone) {
  client.connect();
  std::vector<Errc> codes;
  const auto note = [&](const Result<Payload>& answer) { codes.push_back(answer.error().code); };
  on_shard([&] { socket->emit_with_ack("q", {}, 1s, note); });
  client.close();
  EXPECT_EQ(codes, (std::vector{Errc::closed}));
  on_shard([&] { socket->emit_with_ack("q", {}, 1s, note); });
  EXPECT_EQ(codes.size(), 2U);
}

TEST_F(SocketTest, ignores_an_ack_that_nobody_waits_for) {
  client.connect();
  client.send_text("3123[1]");
  EXPECT_FALSE(client.closed());
}

TEST_F(SocketTest, drops_volatile_events_when_they_cannot_leave) {
  client.connect();
  client.session().set_writable(false);
  on_shard([&] { socket->emit_volatile("v"); });
  EXPECT_TRUE(client.take("v").empty());
  client.session().set_writable(true);
  on_shard([&] { socket->emit_volatile("v"); });
  EXPECT_EQ(client.take("v").size(), 1U);
}

TEST_F(SocketTest, leaves_a_namespace_and_keeps_the_connection) {
  io.of("/other");
  Texts reasons;
  client.connect();
  client.connect("/other");
  socket->on_disconnect([&](DisconnectReason reason) { reasons.emplace_back(reason); });
  on_shard([&] { socket->disconnect(); });
  EXPECT_FALSE(client.is_connected());
  EXPECT_TRUE(client.is_connected("/other"));
  EXPECT_EQ(reasons, (Texts{"server namespace disconnect"}));
  EXPECT_FALSE(socket->is_connected());
  EXPECT_TRUE(client.connect());
}

TEST_F(SocketTest, ends_the_whole_client_with_a_packet_per_namespace) {
  io.of("/other");
  Texts reasons;
  io.of("/other").on_disconnect(
      [&](const auto&, DisconnectReason reason) { reasons.emplace_back(reason); });
  client.connect();
  client.connect("/other");
  client.session().take_sent();
  {
    const net::ShardScope scope{shards[0]};
    socket->disconnect_client();
  }
  EXPECT_EQ(client.session().take_sent(), (Texts{"1", "1/other,"}));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(reasons, (Texts{"server namespace disconnect"}));
}

TEST_F(SocketTest, closes_the_connection_alone) {
  client.connect();
  client.session().take_sent();
  {
    const net::ShardScope scope{shards[0]};
    socket->close_engine();
  }
  EXPECT_TRUE(client.session().take_sent().empty());
  EXPECT_TRUE(client.closed());
}

TEST_F(SocketTest, does_nothing_after_its_end) {
  client.connect();
  client.close();
  on_shard([&] {
    socket->emit("x");
    socket->emit(EncodedEvent{"/", "x", {}});
    socket->emit_volatile("x");
    socket->join("room");
    socket->leave("room");
    socket->on("x", [](Event&) {});
    socket->disconnect();
    socket->close_engine();
    socket->disconnect_client();
  });
  EXPECT_TRUE(socket->rooms().empty());
  EXPECT_EQ(socket->handshake().engine, nullptr);
}

TEST_F(SocketTest, is_in_its_rooms_while_disconnecting_and_in_none_afterwards) {
  Texts rooms;
  std::size_t after = 9;
  io.of("/")
      .on_disconnecting([&](const auto& leaving, DisconnectReason) { rooms = leaving->rooms(); })
      .on_disconnect([&](const auto& left, DisconnectReason) { after = left->rooms().size(); });
  client.connect();
  socket->join("b");
  socket->join("a");
  const std::string sid = client.sid();
  client.close();
  Texts expected{"a", "b", sid};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(rooms, expected);
  EXPECT_EQ(after, 0U);
}

TEST_F(SocketTest, tells_when_everything_has_left) {
  client.connect();
  int drains = 0;
  socket->on_drain([&] { ++drains; });
  on_shard([&] { client.session().drain(); });
  on_shard([&] { client.session().drain(); });
  EXPECT_EQ(drains, 2);
}

TEST_F(SocketTest, tells_its_namespace_when_everything_has_left) {
  std::vector<std::shared_ptr<Socket>> drained;
  io.of("/").on_drain([&](const auto& which) { drained.push_back(which); });
  client.connect();
  drained.clear();
  on_shard([&] { client.session().drain(); });
  EXPECT_EQ(drained, std::vector{socket});
}

TEST_F(SocketTest, dispatches_nothing_after_it_was_disconnected_in_a_handler) {
  int later = 0;
  io.of("/").on("bye", [](const auto& from, Event&) { from->disconnect(); });
  io.of("/").on_any([&](const auto&, Event&) { ++later; });
  client.connect();
  client.emit("bye");
  EXPECT_EQ(later, 0);
  client.emit("more");  // its namespace is left: a state error
  EXPECT_TRUE(client.closed());
}

TEST_F(SocketTest, may_close_the_connection_from_any_handler) {
  io.of("/").on("close", [](const auto& from, Event&) { from->close_engine(); });
  client.connect();
  client.emit("close");
  EXPECT_EQ(client.closed(), engineio::CloseReason::forced_close);
}

TEST_F(SocketTest, shares_an_encoded_event) {
  client.connect();
  TestClient other{io, shards};
  const auto first = socket;
  other.connect();
  const EncodedEvent event{"/", "e", {"[1]", {}}};
  {
    const net::ShardScope scope{shards[0]};
    first->emit(event);
    socket->emit(event);
  }
  EXPECT_EQ(client.session().sent().back().frame(), other.session().sent().back().frame());
}

TEST_F(SocketTest, describes_its_handshake_as_other_servers_read_it) {
  engineio::Handshake handshake;
  handshake.url = "/socket.io/?EIO=4";
  handshake.headers.add("x-a", "b");
  handshake.address = "::1";
  TestClient other{io, shards, 0, handshake};
  other.connect("/", {{"token", "t"}});
  const auto text = json::serialize(socket->handshake().to_json());
  EXPECT_EQ(
      text,
      R"({"auth":{"token":"t"},"headers":{"x-a":"b"},"query":{"EIO":"4"},"address":"::1","url":"/socket.io/?EIO=4","time":)"
      R"("1970-01-01T00:00:00.000Z","issued":0,"secure":false,"xdomain":false})");
}

}  // namespace
}  // namespace parley::socketio
