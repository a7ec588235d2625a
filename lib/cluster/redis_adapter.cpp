#include "cluster/redis_adapter.hpp"

#include <algorithm>

namespace parley::cluster {

using socketio::AckSink;
using socketio::AskedClients;
using socketio::Payload;
using socketio::Selection;

namespace {

Message message_of(Kind kind, Selection selection) {
  Message message;
  message.kind = kind;
  message.selection = std::move(selection);
  return message;
}

}  // namespace

RedisAdapter::RedisAdapter(std::shared_ptr<Peer> peer, std::unique_ptr<socketio::Adapter> inner)
    : peer_(std::move(peer)), inner_(std::move(inner)) {
  const auto tell = [shared = peer_](std::string_view room, bool exists) {
    shared->on_room(room, exists);
  };
  inner_->watch_rooms(tell, peer_->wire().own_rooms());
  peer_->start();
}

RedisAdapter::~RedisAdapter() { peer_->close(); }

void RedisAdapter::tell(Message message) {
  if (message.selection.is_local) return;
  peer_->is_connected() ? peer_->publish(peer_->wire().request(message)) : peer_->count_dropped();
}

void RedisAdapter::broadcast(const Selection& selection, const socketio::SharedEvent& event) {
  inner_->broadcast(selection, event);
  if (selection.is_local) return;
  if (!peer_->is_connected()) return peer_->count_dropped();
  peer_->publish(peer_->wire().broadcast(selection, *event));
}

void RedisAdapter::broadcast_with_ack(const Selection& selection,
                                      std::shared_ptr<const socketio::AskedEvent> event,
                                      AckSink sink) {
  if (selection.is_local)
    return inner_->broadcast_with_ack(selection, std::move(event), std::move(sink));
  net::Shard* const current = net::Shard::current();
  net::Shard& here = current != nullptr ? *current : peer_->home();
  AckSink back{
      [&here, tell = std::move(sink.on_clients)](AskedClients clients) {
        here.post([tell, clients] { tell(clients); });
      },
      [&here, tell = std::move(sink.on_ack)](Payload answer) {
        here.post([tell, answer = std::move(answer)]() mutable { tell(std::move(answer)); });
      }};
  peer_->home().post([peer = peer_, selection, event = std::move(event), back = std::move(back)] {
    peer->ask_clients(selection, event, back);
  });
}

void RedisAdapter::join(const Selection& selection, const std::vector<std::string>& rooms) {
  inner_->join(selection, rooms);
  Message message = message_of(Kind::join, selection);
  message.rooms = rooms;
  tell(std::move(message));
}

void RedisAdapter::leave(const Selection& selection, const std::vector<std::string>& rooms) {
  inner_->leave(selection, rooms);
  Message message = message_of(Kind::leave, selection);
  message.rooms = rooms;
  tell(std::move(message));
}

void RedisAdapter::disconnect(const Selection& selection, bool close_engine) {
  inner_->disconnect(selection, close_engine);
  Message message = message_of(Kind::disconnect, selection);
  message.close_engine = close_engine;
  tell(std::move(message));
}

Task<socketio::FetchedSockets> RedisAdapter::fetch_sockets(Selection selection) {
  auto local = inner_->fetch_sockets(selection);
  socketio::FetchedSockets all = co_await std::move(local);
  if (selection.is_local) co_return all;
  auto remote = Peer::collect(peer_, message_of(Kind::fetch, std::move(selection)));
  Collected others = co_await std::move(remote);
  all.complete = others.complete;
  for (Message& answer : others.answers) {
    for (socketio::SocketInfo& socket : answer.sockets) all.sockets.push_back(std::move(socket));
  }
  co_return all;
}

void RedisAdapter::server_side_emit(std::string_view name, const Payload& args) {
  Message message;
  message.kind = Kind::server_side_emit;
  message.name = name;
  message.args = args;
  tell(std::move(message));
}

Task<socketio::ServerAnswers> RedisAdapter::server_side_emit_with_ack(std::string name,
                                                                      Payload args) {
  Message message;
  message.kind = Kind::server_side_emit;
  message.name = std::move(name);
  message.args = std::move(args);
  auto remote = Peer::collect(peer_, std::move(message));
  Collected others = co_await std::move(remote);
  socketio::ServerAnswers answers;
  answers.complete = others.complete;
  for (Message& answer : others.answers) answers.answers.push_back(std::move(answer.args));
  co_return answers;
}

void RedisAdapter::watch_rooms(socketio::RoomWatcher, socketio::OwnRooms) {}

Task<bool> RedisAdapter::reachable(std::string room) {
  using namespace std::chrono_literals;
  const auto peer = peer_;
  net::Shard& home = peer->home();
  const auto deadline = std::chrono::steady_clock::now() + peer->config().subscription_timeout;
  auto look = [peer, &room] { return peer->standing(room); };
  for (auto pause = 1ms; std::chrono::steady_clock::now() < deadline;
       pause = std::min(2 * pause, 50ms)) {
    const redis::Standing standing = co_await net::run_on(home, look);
    if (standing != redis::Standing::unknown || !peer->is_connected())
      co_return standing == redis::Standing::heard;
    co_await net::sleep_for(pause);
  }
  co_return false;
}

}  // namespace parley::cluster
