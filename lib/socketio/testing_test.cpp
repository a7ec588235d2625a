#include "socketio/testing.hpp"

#include <gtest/gtest.h>

namespace parley::socketio {
namespace {

using Texts = std::vector<std::string>;

TEST(TestClient, plays_a_client_against_a_server) {
  net::Shards shards{2};
  Server io{shards, {}};
  io.of("/").on("add", [](const auto&, Event& event) {
    event.ack()(Payload::of({event.args().at(0).as_int64() + event.args().at(1).as_int64()}));
  });
  TestClient client{io, shards, 1};
  ASSERT_TRUE(client.connect());
  const auto sum = client.emit_with_ack("add", {"[1,2]", {}});
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->json, "[3]");
}

TEST(TestClient, tells_why_it_was_refused) {
  net::Shards shards{1};
  Server io{shards, {}};
  TestClient client{io, shards};
  EXPECT_FALSE(client.connect("/nowhere"));
  ASSERT_TRUE(client.connect_error());
  EXPECT_EQ(client.connect_error()->at("message"), "Invalid namespace");
}

TEST(TestClient, sends_and_receives_binary) {
  net::Shards shards{1};
  Server io{shards, {}};
  io.of("/").on("b", [](const auto&, Event& event) { event.ack()(event.payload()); });
  TestClient client{io, shards};
  client.connect();
  const auto answer = client.emit_with_ack("b", {R"([{"_placeholder":true,"num":0}])", {"bytes"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->attachments, (Texts{"bytes"}));
}

TEST(TestClient, sees_disconnects_and_closes) {
  net::Shards shards{1};
  Server io{shards, {}};
  io.of("/").on("bye", [](const auto& socket, Event&) { socket->disconnect(); });
  TestClient client{io, shards};
  client.connect();
  client.emit("bye");
  EXPECT_FALSE(client.is_connected());
  EXPECT_FALSE(client.closed());
  client.close();
  EXPECT_TRUE(client.closed());
  EXPECT_FALSE(client.connect());
}

TEST(Server, has_the_main_namespace_and_makes_others_once) {
  net::Shards shards{1};
  Server io{shards, {}};
  EXPECT_NE(io.find("/"), nullptr);
  EXPECT_EQ(io.find("/x"), nullptr);
  EXPECT_EQ(&io.of("x"), &io.of("/x"));
  EXPECT_EQ(io.find("/x"), &io.of("/x"));
  EXPECT_EQ(io.config().engine.path, "/socket.io/");
}

}  // namespace
}  // namespace parley::socketio
