#include "socketio/broadcast.hpp"

#include <gtest/gtest.h>

#include <map>

#include "socketio/local_adapter.hpp"
#include "socketio/testing.hpp"

namespace parley::socketio {
namespace {

using Texts = std::vector<std::string>;

/// Four clients on two shards: a and b on shard 0, c and d on shard 1.
class BroadcastTest : public testing::Test {
 protected:
  explicit BroadcastTest(Config config = {}) : io(shards, std::move(config)), nsp(io.of("/")) {
    nsp.on("join", [](const auto& socket, Event& event) {
      for (const auto& room : event.args()) socket->join(std::string{room.as_string()});
    });
    nsp.on_connection([this](const auto& socket) { sockets[socket->id()] = socket; });
    for (auto* client : {&a, &b, &c, &d}) client->connect();
  }
  ~BroadcastTest() override { sockets.clear(); }

  Socket& socket(const TestClient& client) { return *sockets.at(client.sid()); }
  /// Runs `act` on a shard, then everything that follows, and says who got how many "e".
  template <class Act>
  Texts got(Act act, std::size_t shard = 0) {
    {
      const net::ShardScope scope{shards[shard]};
      act();
    }
    return received();
  }
  Texts received() {
    a.run();
    Texts names;
    for (auto [name, client] : {std::pair{"a", &a}, {"b", &b}, {"c", &c}, {"d", &d}}) {
      client->run();
      for (std::size_t n = client->take("e").size(); n > 0; --n) names.emplace_back(name);
    }
    return names;
  }
  template <class Value>
  std::optional<Value> wait(Task<Value> task, std::chrono::milliseconds limit = 5s) {
    std::optional<Value> value;
    shards[0].spawn("test", store(std::move(task), &value));
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!value && std::chrono::steady_clock::now() < deadline) {
      a.run();
      if (between) between();
      const net::ShardScope scope{shards[0]};
      shards[0].context().run_one_for(1ms);
    }
    return value;
  }
  template <class Value>
  static Task<void> store(Task<Value> task, std::optional<Value>* value) {
    *value = co_await std::move(task);
  }

  net::Shards shards{2};
  Server io;
  Namespace& nsp;
  std::map<std::string, std::shared_ptr<Socket>> sockets;
  std::function<void()> between;
  TestClient a{io, shards, 0}, b{io, shards, 0}, c{io, shards, 1}, d{io, shards, 1};
};

TEST_F(BroadcastTest, reaches_everyone_on_every_shard) {
  EXPECT_EQ(got([&] { nsp.everyone().emit("e"); }, 0), (Texts{"a", "b", "c", "d"}));
  EXPECT_EQ(got([&] { nsp.everyone().emit("e"); }, 1), (Texts{"a", "b", "c", "d"}));
}

TEST_F(BroadcastTest, may_come_from_a_thread_that_is_no_shards) {
  nsp.everyone().emit("e");
  EXPECT_EQ(received(), (Texts{"a", "b", "c", "d"}));
}

TEST_F(BroadcastTest, reaches_the_union_of_rooms_once) {
  a.emit("join", {R"(["x","y"])", {}});
  c.emit("join", {R"(["x"])", {}});
  d.emit("join", {R"(["y"])", {}});
  EXPECT_EQ(got([&] { nsp.to("x").emit("e"); }), (Texts{"a", "c"}));
  EXPECT_EQ(got([&] { nsp.to("x").to("y").emit("e"); }), (Texts{"a", "c", "d"}));
  EXPECT_EQ(got([&] { nsp.to("x").to("y").except("y").emit("e"); }), (Texts{"c"}));
  EXPECT_EQ(got([&] { nsp.everyone().except("x").emit("e"); }), (Texts{"b", "d"}));
  EXPECT_EQ(got([&] { nsp.to("nobody").emit("e"); }), Texts{});
}

TEST_F(BroadcastTest, reaches_a_socket_by_its_id_until_it_leaves_its_own_room) {
  EXPECT_EQ(got([&] { nsp.to(c.sid()).emit("e"); }), (Texts{"c"}));
  EXPECT_EQ(got([&] { nsp.to(c.sid()).to(a.sid()).emit("e"); }), (Texts{"a", "c"}));
  socket(c).leave(c.sid());
  EXPECT_EQ(got([&] { nsp.to(c.sid()).emit("e"); }), Texts{});
  EXPECT_EQ(got([&] { nsp.everyone().except(c.sid()).emit("e"); }), (Texts{"a", "b", "c", "d"}));
  socket(c).join(c.sid());
  EXPECT_EQ(got([&] { nsp.to(c.sid()).emit("e"); }), (Texts{"c"}));
}

TEST_F(BroadcastTest, from_a_socket_leaves_the_sender_out) {
  for (auto* client : {&a, &b, &c}) client->emit("join", {R"(["x"])", {}});
  EXPECT_EQ(got([&] { socket(a).to("x").emit("e"); }), (Texts{"b", "c"}));
  EXPECT_EQ(got([&] { socket(a).others().emit("e"); }), (Texts{"b", "c", "d"}));
}

TEST_F(BroadcastTest, misses_who_left_or_went_away) {
  for (auto* client : {&a, &b, &c}) client->emit("join", {R"(["x"])", {}});
  socket(a).leave("x");
  c.close();
  EXPECT_EQ(got([&] { nsp.to("x").emit("e"); }), (Texts{"b"}));
}

TEST_F(BroadcastTest, is_encoded_once_for_all_shards) {
  {
    const net::ShardScope scope{shards[0]};
    nsp.everyone().emit("e", {"[1]", {}});
  }
  const auto frame = a.session().sent().back().frame();
  const net::ShardScope scope{shards[1]};
  shards[1].context().restart();
  shards[1].context().poll();
  EXPECT_EQ(c.session().sent().back().frame(), frame);
}

TEST_F(BroadcastTest, is_dropped_for_those_who_cannot_take_it_when_volatile) {
  b.session().set_writable(false);
  EXPECT_EQ(got([&] { nsp.everyone().volatile_().emit("e"); }), (Texts{"a", "c", "d"}));
  EXPECT_EQ(got([&] { nsp.everyone().emit("e"); }), (Texts{"a", "b", "c", "d"}));
}

TEST_F(BroadcastTest, survives_receivers_whose_connection_ends_meanwhile) {
  nsp.on_disconnect([&](const auto&, DisconnectReason) { nsp.everyone().emit("e"); });
  EXPECT_EQ(got([&] { nsp.to(a.sid()).to(c.sid()).disconnect(true); }),
            (Texts{"b", "b", "d", "d"}));
  EXPECT_TRUE(a.closed());
  EXPECT_TRUE(c.closed());
}

TEST_F(BroadcastTest, moves_sockets_in_and_out_of_rooms) {
  EXPECT_EQ(got([&] {
              nsp.to(a.sid()).to(d.sid()).join("x");
              nsp.to("x").emit("e");
            }),
            (Texts{"a", "d"}));
  EXPECT_EQ(got([&] {
              nsp.to("x").leave("x");
              nsp.to("x").emit("e");
            }),
            Texts{});
}

TEST_F(BroadcastTest, disconnects_with_a_packet_and_keeps_the_connection) {
  got([&] { nsp.to(a.sid()).to(c.sid()).disconnect(false); });
  EXPECT_FALSE(a.is_connected());
  EXPECT_FALSE(c.is_connected());
  EXPECT_TRUE(b.is_connected());
  EXPECT_FALSE(a.closed());
}

TEST_F(BroadcastTest, finds_sockets_of_all_shards) {
  a.emit("join", {R"(["x"])", {}});
  c.emit("join", {R"(["x"])", {}});
  const auto infos = wait(nsp.to("x").fetch_sockets());
  ASSERT_TRUE(infos);
  EXPECT_TRUE(infos->complete);
  ASSERT_EQ(infos->sockets.size(), 2U);
  EXPECT_EQ(infos->sockets[0].id, a.sid());
  EXPECT_EQ(infos->sockets[1].id, c.sid());
  EXPECT_EQ(infos->sockets[1].rooms.size(), 2U);
  EXPECT_TRUE(infos->sockets[1].handshake.contains("address"));
  EXPECT_TRUE(infos->sockets[1].data.empty());
}

TEST_F(BroadcastTest, finds_what_a_socket_shows) {
  socket(c).show({{"name", "carol"}});
  const auto infos = wait(nsp.to(c.sid()).fetch_sockets());
  ASSERT_TRUE(infos);
  ASSERT_EQ(infos->sockets.size(), 1U);
  EXPECT_EQ(infos->sockets[0].data, (json::object{{"name", "carol"}}));
}

TEST_F(BroadcastTest, gathers_the_first_argument_of_every_answer) {
  between = [&] {
    for (auto* client : {&a, &b, &c, &d}) {
      client->run();
      for (const auto& event : client->take_events())
        client->acknowledge(event, {R"([{"from":")" + client->sid() + R"("},2])", {}});
    }
  };
  const auto acks = wait(nsp.everyone().emit_with_ack("q", {"[1]", {}}, 3s));
  ASSERT_TRUE(acks);
  EXPECT_TRUE(acks->complete);
  ASSERT_EQ(acks->answers.size(), 4U);
  EXPECT_EQ(acks->answers[0].json, R"([{"from":")" + a.sid() + R"("}])");
}

TEST_F(BroadcastTest, gives_what_came_until_the_timeout) {
  between = [&] {
    b.run();
    for (const auto& event : b.take_events()) b.acknowledge(event, {"[1]", {}});
  };
  const auto acks = wait(nsp.everyone().emit_with_ack("q", {}, 30ms));
  ASSERT_TRUE(acks);
  EXPECT_FALSE(acks->complete);
  EXPECT_EQ(acks->answers.size(), 1U);
  for (const auto& event : c.take_events()) c.acknowledge(event, {"[1]", {}});  // too late: ignored
  EXPECT_FALSE(c.closed());
}

TEST_F(BroadcastTest, is_complete_at_once_when_nobody_is_asked) {
  const auto acks = wait(nsp.to("nobody").emit_with_ack("q", {}, 5s), 2s);
  ASSERT_TRUE(acks);
  EXPECT_TRUE(acks->complete);
  EXPECT_TRUE(acks->answers.empty());
}

TEST_F(BroadcastTest, tells_a_cluster_adapter_of_rooms) {
  std::vector<std::pair<std::string, bool>> told;
  nsp.adapter().watch_rooms(
      [&](std::string_view room, bool exists) { told.emplace_back(room, exists); },
      OwnRooms::omitted);
  a.emit("join", {R"(["x"])", {}});
  b.emit("join", {R"(["x"])", {}});
  a.close();
  b.close();
  EXPECT_EQ(told, (std::vector<std::pair<std::string, bool>>{{"x", true}, {"x", false}}));
}

TEST_F(BroadcastTest, tells_a_cluster_adapter_of_the_rooms_of_ids_when_it_asks) {
  std::vector<std::pair<std::string, bool>> told;
  nsp.adapter().watch_rooms(
      [&](std::string_view room, bool exists) { told.emplace_back(room, exists); }, OwnRooms::told);
  TestClient e{io, shards, 1};
  e.connect();
  const std::string id = e.sid();
  for (int i = 0; i < 2; ++i) got([&] { nsp.to(id).leave(id); });  // the second finds nobody
  got([&] { socket(e).join(id); }, 1);
  got([&] { socket(e).join(id); }, 1);
  e.close();
  EXPECT_EQ(told, (std::vector<std::pair<std::string, bool>>{
                      {id, true}, {id, false}, {id, true}, {id, false}}));
  nsp.adapter().watch_rooms(nullptr, OwnRooms::omitted);
}

TEST_F(BroadcastTest, finds_no_other_servers) {
  int calls = 0;
  nsp.on_server_side_emit([&](std::string_view, const Payload&, const auto&) { ++calls; });
  nsp.server_side_emit("hello");
  const auto answers = wait(nsp.server_side_emit_with_ack("hello"));
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->complete);
  EXPECT_TRUE(answers->answers.empty());
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(wait(nsp.adapter().reachable("x")), std::optional{true});
}

TEST_F(BroadcastTest, hands_what_an_adapter_heard_to_every_server_side_handler) {
  Texts heard;
  nsp.on_server_side_emit([](std::string_view, const Payload&, const auto&) { throw 1; });
  nsp.on_server_side_emit([&](std::string_view name, const Payload& args, const auto& ack) {
    heard.push_back(std::string{name} + args.json);
    ack({"[2]", {}});
  });
  Texts answers;
  nsp.on_server_side(shards[0], "e", {"[1]", {}},
                     [&](const Payload& answer) { answers.push_back(answer.json); });
  EXPECT_EQ(heard, (Texts{"e[1]"}));
  EXPECT_EQ(answers, (Texts{"[2]"}));
}

/// Notes what passes through the port, as an adapter for a cluster would.
class Recorder final : public Adapter {
 public:
  explicit Recorder(std::unique_ptr<Adapter> inner) : inner_(std::move(inner)) {}
  void broadcast(const Selection& selection, const SharedEvent& event) override {
    seen.emplace_back(event->text());
    inner_->broadcast(selection, event);
  }
  void broadcast_with_ack(const Selection& selection, std::shared_ptr<const AskedEvent> event,
                          AckSink sink) override {
    sink.on_clients = [tell = std::move(sink.on_clients), this](AskedClients asked) {
      asked.complete = asks_everybody;
      tell(asked);
    };
    inner_->broadcast_with_ack(selection, std::move(event), std::move(sink));
  }
  void join(const Selection& selection, const std::vector<std::string>& rooms) override {
    inner_->join(selection, rooms);
  }
  void leave(const Selection& selection, const std::vector<std::string>& rooms) override {
    inner_->leave(selection, rooms);
  }
  void disconnect(const Selection& selection, bool close_engine) override {
    inner_->disconnect(selection, close_engine);
  }
  Task<FetchedSockets> fetch_sockets(Selection selection) override {
    return inner_->fetch_sockets(std::move(selection));
  }
  void server_side_emit(std::string_view name, const Payload& args) override {
    inner_->server_side_emit(name, args);
  }
  Task<ServerAnswers> server_side_emit_with_ack(std::string name, Payload args) override {
    return inner_->server_side_emit_with_ack(std::move(name), std::move(args));
  }
  void watch_rooms(RoomWatcher watcher, OwnRooms own_rooms) override {
    inner_->watch_rooms(std::move(watcher), own_rooms);
  }
  Task<bool> reachable(std::string room) override { return inner_->reachable(std::move(room)); }

  Texts seen;
  bool asks_everybody = true;

 private:
  std::unique_ptr<Adapter> inner_;
};

class WrappedAdapter : public BroadcastTest {
 protected:
  static Config wrapping(Recorder** recorder) {
    Config config;
    config.adapter = [recorder](Namespace&, std::unique_ptr<Adapter> inner) {
      auto wrapped = std::make_unique<Recorder>(std::move(inner));
      *recorder = wrapped.get();
      return wrapped;
    };
    return config;
  }
  WrappedAdapter() : BroadcastTest(wrapping(&recorder)) {}
  static inline Recorder* recorder = nullptr;
};

TEST_F(WrappedAdapter, sees_broadcasts_and_hands_them_inwards) {
  EXPECT_EQ(got([&] { nsp.everyone().emit("e", {"[1]", {}}); }), (Texts{"a", "b", "c", "d"}));
  EXPECT_EQ(recorder->seen, (Texts{R"(2["e",1])"}));
}

TEST_F(WrappedAdapter, is_made_for_every_namespace_that_can_have_sockets) {
  std::vector<std::string> made;
  Config config;
  config.adapter = [&](Namespace& of, std::unique_ptr<Adapter> inner) {
    made.push_back(of.name());
    return inner;
  };
  Server server{shards, config};
  server.of("/a");
  server.dynamic([](std::string_view name, const auto&) { return name == "/dynamic"; });
  TestClient client{server, shards};
  client.connect("/dynamic");
  EXPECT_EQ(made, (std::vector<std::string>{"/", "/a", "/dynamic"}));
}

TEST_F(WrappedAdapter, says_that_not_every_server_was_asked) {
  for (const bool complete : {true, false}) {
    recorder->asks_everybody = complete;
    const auto acks = wait(nsp.to("nobody").emit_with_ack("q", {}, 5s), 2s);
    ASSERT_TRUE(acks);
    EXPECT_EQ(acks->complete, complete);
  }
}

/// Connection state recovery through the whole server.
class RecoveredClient : public BroadcastTest {
 protected:
  static Config recovering() {
    Config config;
    config.recovery.enabled = true;
    return config;
  }
  RecoveredClient() : BroadcastTest(recovering()) {}

  static std::string last_offset(const Texts& args) {
    const auto parsed = Payload{args.back(), {}}.parse();
    return std::string{parsed.back().as_string()};
  }
  json::object auth(const TestClient& client, const std::string& offset) {
    return {{"pid", client.connect_reply().at("pid")}, {"offset", offset}};
  }
};

TEST_F(RecoveredClient, gets_an_offset_behind_every_stored_event) {
  nsp.on("hello", [](const auto& from, Event&) { from->emit("hi", {"[1]", {}}); });
  a.emit("hello");
  EXPECT_EQ(a.take("hi"), (Texts{R"([1,"0-1"])"}));
  got([&] { nsp.everyone().volatile_().emit("v", {"[1]", {}}); });
  EXPECT_EQ(a.take("v"), (Texts{"[1]"}));
  got([&] { nsp.everyone().emit("w"); }, 1);
  EXPECT_EQ(a.take("w"), (Texts{R"(["1-1"])"}));
}

TEST_F(RecoveredClient, comes_back_on_another_shard_with_its_id_rooms_and_data) {
  nsp.on("hello", [](const auto& from, Event&) { from->emit("hi"); });
  a.emit("join", {R"(["x"])", {}});
  a.emit("hello");
  const auto offset = last_offset(a.take("hi"));
  socket(a).data = 42;
  const std::string sid = a.sid();
  a.close(engineio::CloseReason::transport_error);
  got([&] { nsp.to("x").emit("missed", {"[1]", {}}); }, 1);
  got([&] { nsp.to("y").emit("missed", {"[2]", {}}); }, 0);

  TestClient back{io, shards, 1};
  ASSERT_TRUE(back.connect("/", auth(a, offset)));
  EXPECT_EQ(back.sid(), sid);
  EXPECT_EQ(back.connect_reply().at("pid"), a.connect_reply().at("pid"));
  EXPECT_EQ(back.take("missed"), (Texts{R"([1,"1-1"])"}));
  EXPECT_TRUE(socket(back).is_recovered());
  EXPECT_EQ(std::any_cast<int>(socket(back).data), 42);
  got([&] { nsp.to("x").emit("live"); });
  back.run();
  EXPECT_EQ(back.take("live").size(), 1U);
}

TEST_F(RecoveredClient, has_its_data_until_its_end_has_been_told) {
  nsp.on("hello", [](const auto& from, Event&) { from->emit("hi"); });
  int seen = 0;
  nsp.on_disconnect([&](const auto& left, DisconnectReason) {
    if (int* const data = std::any_cast<int>(&left->data)) seen = (*data)++;
  });
  a.emit("hello");
  const auto offset = last_offset(a.take("hi"));
  socket(a).data = 42;
  a.close(engineio::CloseReason::transport_error);
  EXPECT_EQ(seen, 42);
  TestClient back{io, shards, 1};
  ASSERT_TRUE(back.connect("/", auth(a, offset)));
  EXPECT_EQ(std::any_cast<int>(socket(back).data), 43) << "what the last handler left there";
}

TEST_F(RecoveredClient, gets_what_it_missed_before_the_connect_reply) {
  nsp.on("hello", [](const auto& from, Event&) { from->emit("hi"); });
  a.emit("hello");
  const auto offset = last_offset(a.take("hi"));
  a.close();
  got([&] { nsp.everyone().emit("missed"); });
  engineio::FakeSession raw{shards[0]};
  const net::ShardScope scope{shards[0]};
  raw.open(io.application());
  raw.feed_text("0" + json::serialize(auth(a, offset)));
  for (int i = 0; i < 5; ++i) a.run();
  const auto sent = raw.take_sent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0], R"(2["missed","0-2"])");
  EXPECT_EQ(sent[1].substr(0, 8), R"(0{"sid":)");
  raw.close();
}

TEST_F(RecoveredClient, pushes_its_own_half_open_connection_out) {
  nsp.on("hello", [](const auto& from, Event&) { from->emit("hi"); });
  a.emit("hello");
  const auto offset = last_offset(a.take("hi"));
  const std::string sid = a.sid();
  TestClient back{io, shards, 1};
  ASSERT_TRUE(back.connect("/", auth(a, offset)));
  EXPECT_TRUE(a.closed());
  EXPECT_EQ(back.sid(), sid);
}

TEST_F(RecoveredClient, starts_anew_after_leaving_or_with_a_strange_offset) {
  nsp.on("hello", [](const auto& from, Event&) { from->emit("hi"); });
  a.emit("hello");
  b.emit("hello");
  const auto offset = last_offset(a.take("hi"));
  const std::string first = a.sid(), second = b.sid();
  a.disconnect();
  b.close();
  TestClient left{io, shards}, strange{io, shards};
  EXPECT_TRUE(left.connect("/", auth(a, offset)));
  EXPECT_NE(left.sid(), first);
  EXPECT_FALSE(socket(left).is_recovered());
  EXPECT_TRUE(strange.connect("/", auth(b, "7-7")));
  EXPECT_NE(strange.sid(), second);
}

}  // namespace
}  // namespace parley::socketio
