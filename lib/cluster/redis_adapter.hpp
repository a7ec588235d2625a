#pragma once

#include <memory>

#include "cluster/peer.hpp"
#include "socketio/adapter.hpp"

namespace parley::cluster {

/// A namespace over all servers of a cluster, whichever wire format they speak: this process's part
/// at once, through the adapter inside; the others by messages. Joins, leaves and disconnects act
/// here at once, too, where upstream's classic adapter waits for its own message to come back; to
/// the other servers that looks the same. Handlers of server-side emits run on the home shard.
class RedisAdapter final : public socketio::Adapter {
 public:
  RedisAdapter(std::shared_ptr<Peer> peer, std::unique_ptr<socketio::Adapter> inner);
  ~RedisAdapter() override;

  void broadcast(const socketio::Selection& selection, const socketio::SharedEvent& event) override;
  void broadcast_with_ack(const socketio::Selection& selection,
                          std::shared_ptr<const socketio::AskedEvent> event,
                          socketio::AckSink sink) override;
  void join(const socketio::Selection& selection, const std::vector<std::string>& rooms) override;
  void leave(const socketio::Selection& selection, const std::vector<std::string>& rooms) override;
  void disconnect(const socketio::Selection& selection, bool close_engine) override;
  Task<socketio::FetchedSockets> fetch_sockets(socketio::Selection selection) override;
  void server_side_emit(std::string_view name, const socketio::Payload& args) override;
  Task<socketio::ServerAnswers> server_side_emit_with_ack(std::string name,
                                                          socketio::Payload args) override;
  /// There is one already: what it hears of is what the cluster knows.
  void watch_rooms(socketio::RoomWatcher watcher, socketio::OwnRooms own_rooms) override;
  Task<bool> reachable(std::string room) override;

 private:
  /// Tells the other servers, unless the selection is of this process only.
  void tell(Message message);

  std::shared_ptr<Peer> peer_;
  std::unique_ptr<socketio::Adapter> inner_;
};

}  // namespace parley::cluster
