#pragma once

#include <memory>
#include <vector>

#include "net/shard.hpp"
#include "socketio/local_adapter.hpp"

namespace parley::socketio {

/// The sockets of a namespace in this process: the calling shard's at once, the others' by a post.
/// Calls from one shard reach each shard in their order. A call from no shard goes to shard 0
/// first.
class ShardedAdapter final : public Adapter {
 public:
  ShardedAdapter(Namespace& nsp, net::Shards& shards, const RecoveryConfig& recovery);

  LocalAdapter& local(std::size_t shard) { return *locals_[shard]; }

  void broadcast(const Selection& selection, const SharedEvent& event) override;
  void broadcast_with_ack(const Selection& selection, std::shared_ptr<const AskedEvent> event,
                          AckSink sink) override;
  void join(const Selection& selection, const std::vector<std::string>& rooms) override;
  void leave(const Selection& selection, const std::vector<std::string>& rooms) override;
  void disconnect(const Selection& selection, bool close_engine) override;
  Task<FetchedSockets> fetch_sockets(Selection selection) override;
  void server_side_emit(std::string_view name, const Payload& args) override;
  Task<ServerAnswers> server_side_emit_with_ack(std::string name, Payload args) override;
  void watch_rooms(RoomWatcher watcher, OwnRooms own_rooms) override;
  Task<bool> reachable(std::string room) override;

 private:
  void broadcast_stamped(LocalAdapter& home, const Selection& selection, const SharedEvent& event);
  /// The current shard's adapter; nullptr on a thread that is no shard's.
  LocalAdapter* home();
  template <class Work>
  void everywhere(Work work);

  std::vector<std::unique_ptr<LocalAdapter>> locals_;
};

}  // namespace parley::socketio
