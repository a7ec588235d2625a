#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "net/shard.hpp"
#include "socketio/adapter.hpp"
#include "socketio/recovery.hpp"
#include "socketio/rooms.hpp"

namespace parley::socketio {

class Namespace;
class Socket;
struct Decoded;

/// The sockets of a namespace on one shard, with their rooms. Everything is called on that shard.
class LocalAdapter final : public Adapter {
 public:
  LocalAdapter(Namespace& nsp, net::Shard& shard, const RecoveryConfig& recovery);
  ~LocalAdapter() override;

  Namespace& nsp() { return nsp_; }
  net::Shard& shard() { return shard_; }
  Rooms& rooms() { return rooms_; }
  /// Null when connection state recovery is off.
  Recovery* recovery() { return recovery_.get(); }

  void add(std::shared_ptr<Socket> socket);
  void remove(Socket& socket);
  std::shared_ptr<Socket> find(std::string_view id) const;
  std::size_t size() const { return sockets_.size(); }

  /// One counter per namespace and shard: unique among the pending acknowledgements of a socket.
  std::uint64_t next_ack_id() { return next_ack_id_++; }
  /// An answer to broadcast_with_ack; false when nobody waits for it.
  bool on_ack(const Socket& from, std::uint64_t id, Decoded& decoded);

  void broadcast(const Selection& selection, const SharedEvent& event) override;
  /// An event that carries its offset: logged, then sent.
  void broadcast(const Selection& selection, const SharedEvent& event, Stamp stamp);
  void broadcast_with_ack(const Selection& selection, std::shared_ptr<const AskedEvent> event,
                          AckSink sink) override;
  void join(const Selection& selection, const std::vector<std::string>& rooms) override;
  void leave(const Selection& selection, const std::vector<std::string>& rooms) override;
  void disconnect(const Selection& selection, bool close_engine) override;
  Task<FetchedSockets> fetch_sockets(Selection selection) override;
  std::vector<SocketInfo> describe(const Selection& selection);
  void server_side_emit(std::string_view name, const Payload& args) override;
  Task<ServerAnswers> server_side_emit_with_ack(std::string name, Payload args) override;
  void watch_rooms(RoomWatcher watcher, OwnRooms own_rooms) override;
  Task<bool> reachable(std::string room) override;

 private:
  struct Collector;
  struct ById {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
    std::size_t operator()(const std::shared_ptr<Socket>& socket) const;
    bool operator()(const std::shared_ptr<Socket>& a, const std::shared_ptr<Socket>& b) const;
    bool operator()(std::string_view a, const std::shared_ptr<Socket>& b) const;
    bool operator()(const std::shared_ptr<Socket>& a, std::string_view b) const;
  };
  using Sockets = boost::container::small_vector<std::shared_ptr<Socket>, 8>;

  friend class Socket;
  /// The room of a socket's id, which Rooms knows nothing of, came or went.
  void tell_own_room(std::string_view id, bool exists) {
    if (own_room_watcher_) own_room_watcher_(id, exists);
  }
  /// Held, so that a send that closes a connection takes nobody out of our hands.
  Sockets select(const Selection& selection);
  template <class Visit>
  void for_each_in(std::string_view room, Visit visit);
  void forget(Collector& collector);

  Namespace& nsp_;
  net::Shard& shard_;
  Rooms rooms_;
  std::unordered_set<std::shared_ptr<Socket>, ById, ById> sockets_;
  std::vector<std::unique_ptr<Collector>> collectors_;
  std::unique_ptr<Recovery> recovery_;
  RoomWatcher own_room_watcher_;
  std::uint64_t next_ack_id_ = 0;
  std::uint32_t mark_ = 0;  ///< Grows by every selection: what a selected socket is marked with.
};

}  // namespace parley::socketio
