// Rooms: `join` a room, `say` something in it, and everybody else in it hears it, whichever shard
// they are on. Whoever leaves is announced. `count` is answered with how many are in a room.
#include "socketio/app.hpp"

using namespace parley;
using socketio::Event;
using socketio::Payload;
using Socket = std::shared_ptr<socketio::Socket>;

namespace {

/// An argument that is a room's name: at most 64 bytes, and not the id of a socket.
std::string room_name(const Event& event) {
  const json::array& args = event.args();
  if (args.empty() || !args[0].is_string() || args[0].get_string().size() > 64) return {};
  return "room:" + std::string{args[0].get_string()};
}

void join(const Socket& socket, Event& event) {
  const std::string room = room_name(event);
  const bool joins = !room.empty() && socket->rooms().size() < 10;
  if (joins) {
    socket->join(room);
    socket->to(room).emit("joined", Payload::of({socket->id()}));
  }
  event.ack()(Payload::of({joins}));
}

void say(const Socket& socket, Event& event) {
  const std::string room = room_name(event);
  if (!room.empty() && event.args().size() == 2) socket->to(room).emit("said", event.payload());
}

Task<void> answer_count(socketio::Broadcast room, socketio::Ack ack) {
  const auto found = co_await room.fetch_sockets();
  ack(Payload::of({found.sockets.size()}));
}

void leave(const Socket& socket, socketio::DisconnectReason) {
  for (const std::string& room : socket->rooms())
    socket->to(room).emit("left", Payload::of({socket->id()}));
}

}  // namespace

int main(int argc, char** argv) {
  socketio::App app{socketio::AppConfig::from_arguments(argc, argv)};
  auto& nsp = app.of("/");
  nsp.on("join", join).on("say", say).on_disconnecting(leave);
  nsp.on("count", [&nsp](const Socket& socket, Event& event) {
    socket->shard().spawn("count", answer_count(nsp.to(room_name(event)), event.ack()));
  });
  return app.run();
}
