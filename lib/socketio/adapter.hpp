#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/task.hpp"
#include "socketio/event.hpp"

namespace parley::socketio {

/// Which sockets of a namespace: those in any of `rooms` (all of them when there is none) that are
/// in none of `except`. Source: Socket.IO documentation, "Rooms".
struct Selection {
  std::vector<std::string> rooms;
  std::vector<std::string> except;
  bool is_local = false;  ///< This process only.
  /// Not for clients that cannot take it now; never stored for recovery.
  bool is_volatile = false;
};

using SharedEvent = std::shared_ptr<const EncodedEvent>;

/// An event whose receivers are asked for an answer. Not encoded: every server numbers its own.
struct AskedEvent {
  std::string name;
  Payload args;
  std::chrono::milliseconds timeout{};  ///< Answers that come later are dropped.
};

/// Who was asked for answers.
struct AskedClients {
  std::size_t count = 0;
  bool complete = true;  ///< False: not every server of the cluster could be asked.
};

/// Where the answers of an AskedEvent go. Both are called on the shard that asked, and only there.
struct AckSink {
  /// At most once; never when servers do not say in time how many they asked.
  std::function<void(AskedClients)> on_clients;
  std::function<void(Payload)> on_ack;  ///< Each client's arguments, cut to the first.
};

/// What is known of a socket of any shard or server.
struct SocketInfo {
  std::string id;
  std::vector<std::string> rooms;
  json::object handshake;  ///< headers, query, auth, address, url, issued, secure, xdomain.
  json::object data;       ///< Socket::show.
};

/// The sockets that were found.
struct FetchedSockets {
  std::vector<SocketInfo> sockets;
  bool complete = true;  ///< False: not every server of the cluster answered in time.
};

/// What the other servers answered to a server-side emit.
struct ServerAnswers {
  std::vector<Payload> answers;  ///< In order of arrival, each cut to its first argument.
  bool complete = true;          ///< False: not every server answered in time.
};

/// Told on a shard when a room gets its first member there, and when its last one leaves.
using RoomWatcher = std::function<void(std::string_view room, bool exists)>;

/// Whether a RoomWatcher is told of the rooms that sockets have by their ids, too. A room of that
/// name that others join is told besides: who listens counts.
enum class OwnRooms : std::uint8_t { omitted, told };

/// How a namespace reaches its sockets. There are three, each around the next: that of a cluster
/// (over Redis), of a process (ShardedAdapter) and of a shard (LocalAdapter). Any shard may
/// call, unless the adapter says otherwise; what it is given is owned or immutable.
class Adapter {
 public:
  virtual ~Adapter() = default;

  virtual void broadcast(const Selection& selection, const SharedEvent& event) = 0;
  /// Asks every selected client; the sink is called on the calling shard.
  virtual void broadcast_with_ack(const Selection& selection,
                                  std::shared_ptr<const AskedEvent> event, AckSink sink) = 0;
  virtual void join(const Selection& selection, const std::vector<std::string>& rooms) = 0;
  virtual void leave(const Selection& selection, const std::vector<std::string>& rooms) = 0;
  /// DISCONNECT to each; with `close_engine` their connections are closed behind it.
  virtual void disconnect(const Selection& selection, bool close_engine) = 0;
  virtual Task<FetchedSockets> fetch_sockets(Selection selection) = 0;
  /// To the other servers of the cluster, not to clients: there is none below a cluster adapter.
  virtual void server_side_emit(std::string_view name, const Payload& args) = 0;
  /// The same, and each of them is asked for an answer.
  virtual Task<ServerAnswers> server_side_emit_with_ack(std::string name, Payload args) = 0;
  /// Before the server starts; one watcher. Called on the shard of the room.
  virtual void watch_rooms(RoomWatcher watcher, OwnRooms own_rooms) = 0;
  /// Returns when what other servers send to a room that has members here reaches them; false when
  /// that takes too long. At once where nothing has to be subscribed.
  virtual Task<bool> reachable(std::string room) = 0;
};

}  // namespace parley::socketio
