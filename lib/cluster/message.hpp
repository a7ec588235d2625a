#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "socketio/adapter.hpp"

namespace parley::cluster {

/// What servers tell each other. Source: upstream's redis-adapter, RequestType, and
/// socket.io-adapter, MessageType; both wire formats say the same things.
enum class Kind : std::uint8_t {
  broadcast,         ///< selection, name, args; with a request: its clients are asked for answers.
  join,              ///< selection, rooms.
  leave,             ///< The same.
  disconnect,        ///< selection, close_engine.
  fetch,             ///< selection; answered by `sockets`.
  server_side_emit,  ///< name, args; with a request: answered by `server_answer`.
  list_sockets,      ///< Classic, old servers: rooms; answered by their members' ids.
  list_rooms,        ///< Classic, old servers: answered by all rooms.
  sockets,           ///< sockets.
  server_answer,     ///< args: one value, or none.
  client_count,      ///< clients: how many this server asks.
  client_answer,     ///< args: one value, or none.
  ids,               ///< rooms: ids or rooms, the answer to list_*.
  done,              ///< The answer to a join, leave or disconnect of one socket, by an old server.
  other,             ///< Nothing for us: heartbeats.
};

/// One message. Which members mean something says its kind.
struct Message {
  Kind kind = Kind::other;
  std::string uid;      ///< Who sent it; may be empty.
  std::string request;  ///< The id that answers repeat; empty: no answer is wanted.
  socketio::Selection selection;
  std::string name;
  socketio::Payload args;
  std::vector<std::string> rooms;
  bool close_engine = false;
  std::optional<std::chrono::milliseconds> timeout;  ///< Of a broadcast with a request.
  std::vector<socketio::SocketInfo> sockets;
  std::size_t clients = 0;
};

}  // namespace parley::cluster
