#include "socketio/local_adapter.hpp"

#include <algorithm>

#include "base/string_hash.hpp"
#include "net/timer.hpp"
#include "socketio/decoder.hpp"
#include "socketio/json_scan.hpp"
#include "socketio/namespace.hpp"
#include "socketio/socket.hpp"

namespace parley::socketio {

/// One broadcast_with_ack: who has not answered yet, until the timeout.
struct LocalAdapter::Collector {
  Collector(LocalAdapter& local, std::uint64_t number, AckSink to)
      : owner(local),
        id(number),
        sink(std::move(to)),
        timer(net::Timer::calling<&Collector::expire>(local.shard_.timers(), *this)) {}

  /// Frees itself: nothing of it may be touched behind this call.
  void expire() { owner.forget(*this); }

  LocalAdapter& owner;
  std::uint64_t id;
  AckSink sink;
  std::unordered_set<std::string, StringHash, std::equal_to<>> awaited;  ///< Socket ids.
  net::Timer timer;
};

std::size_t LocalAdapter::ById::operator()(const std::shared_ptr<Socket>& socket) const {
  return (*this)(socket->id());
}
bool LocalAdapter::ById::operator()(const std::shared_ptr<Socket>& a,
                                    const std::shared_ptr<Socket>& b) const {
  return a->id() == b->id();
}
bool LocalAdapter::ById::operator()(std::string_view a, const std::shared_ptr<Socket>& b) const {
  return a == b->id();
}
bool LocalAdapter::ById::operator()(const std::shared_ptr<Socket>& a, std::string_view b) const {
  return a->id() == b;
}

LocalAdapter::LocalAdapter(Namespace& nsp, net::Shard& shard, const RecoveryConfig& recovery)
    : nsp_(nsp), shard_(shard) {
  if (recovery.enabled)
    recovery_ = std::make_unique<Recovery>(recovery, shard.index(), nsp.shard_count());
}

LocalAdapter::~LocalAdapter() = default;

void LocalAdapter::add(std::shared_ptr<Socket> socket) {
  const Socket& added = **sockets_.insert(std::move(socket)).first;
  if (added.in_own_room_) tell_own_room(added.id(), true);
}

void LocalAdapter::remove(Socket& socket) {
  rooms_.leave_all(socket);
  const auto found = sockets_.find(std::string_view{socket.id()});
  if (found == sockets_.end() || found->get() != &socket) return;
  if (socket.in_own_room_) tell_own_room(socket.id(), false);
  sockets_.erase(found);
}

std::shared_ptr<Socket> LocalAdapter::find(std::string_view id) const {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : *found;
}

template <class Visit>
void LocalAdapter::for_each_in(std::string_view room, Visit visit) {
  rooms_.for_each(room, [&visit](Member& member) { visit(static_cast<Socket&>(member)); });
  const auto own = sockets_.find(room);
  if (own != sockets_.end() && (*own)->in_own_room_) visit(**own);
}

LocalAdapter::Sockets LocalAdapter::select(const Selection& selection) {
  Sockets selected;
  const std::uint32_t mark = ++mark_;
  for (const std::string& room : selection.except) {
    for_each_in(room, [mark](Socket& socket) { socket.mark_ = mark; });
  }
  const auto take = [mark, &selected](Socket& socket) {
    if (socket.mark_ == mark) return;
    socket.mark_ = mark;
    selected.push_back(socket.shared_from_this());
  };
  for (const std::string& room : selection.rooms) for_each_in(room, take);
  if (selection.rooms.empty()) {
    selected.reserve(sockets_.size());
    for (const auto& socket : sockets_) take(*socket);
  }
  return selected;
}

void LocalAdapter::broadcast(const Selection& selection, const SharedEvent& event) {
  for (const auto& socket : select(selection)) {
    if (!socket->is_connected()) continue;
    if (selection.is_volatile && !socket->session().is_writable()) continue;
    socket->send(event->messages());
  }
}

void LocalAdapter::broadcast(const Selection& selection, const SharedEvent& event, Stamp stamp) {
  recovery_->log(stamp, event, selection, shard_.now());
  broadcast(selection, event);
}

void LocalAdapter::broadcast_with_ack(const Selection& selection,
                                      std::shared_ptr<const AskedEvent> event, AckSink sink) {
  const std::uint64_t id = next_ack_id();
  const Messages messages = encode_event(nsp_.name(), event->name, event->args, id);
  auto collector = std::make_unique<Collector>(*this, id, sink);
  const Sockets selected = select(selection);
  for (const auto& socket : selected) collector->awaited.insert(socket->id());
  if (!selected.empty()) {
    collector->timer.start(shard_.now() + event->timeout);
    collectors_.push_back(std::move(collector));
  }
  sink.on_clients({selected.size(), true});
  for (const auto& socket : selected) {
    if (socket->is_connected()) socket->send({messages.data(), messages.size()});
  }
}

void LocalAdapter::forget(Collector& collector) {
  std::erase_if(collectors_, [&collector](const auto& one) { return one.get() == &collector; });
}

bool LocalAdapter::on_ack(const Socket& from, std::uint64_t id, Decoded& decoded) {
  const auto found = std::find_if(collectors_.begin(), collectors_.end(),
                                  [id](const auto& collector) { return collector->id == id; });
  if (found == collectors_.end() || (*found)->awaited.erase(from.id()) == 0) return false;
  const std::string all = std::string{"["}.append(decoded.packet.args) + "]";
  const auto scan = scan_json(all);
  Payload answer{std::string{"["}.append(scan ? scan->first : std::string_view{}) + "]",
                 std::move(decoded.attachments)};
  const auto on_ack = (*found)->sink.on_ack;
  if ((*found)->awaited.empty()) forget(**found);
  on_ack(std::move(answer));
  return true;
}

void LocalAdapter::join(const Selection& selection, const std::vector<std::string>& rooms) {
  for (const auto& socket : select(selection)) {
    for (const std::string& room : rooms) socket->join(room);
  }
}

void LocalAdapter::leave(const Selection& selection, const std::vector<std::string>& rooms) {
  for (const auto& socket : select(selection)) {
    for (const std::string& room : rooms) socket->leave(room);
  }
}

void LocalAdapter::disconnect(const Selection& selection, bool close_engine) {
  for (const auto& socket : select(selection))
    close_engine ? socket->disconnect_client() : socket->disconnect();
}

std::vector<SocketInfo> LocalAdapter::describe(const Selection& selection) {
  std::vector<SocketInfo> infos;
  for (const auto& socket : select(selection)) {
    infos.push_back(
        {socket->id(), socket->rooms(), socket->handshake().to_json(), socket->shown()});
  }
  return infos;
}

Task<FetchedSockets> LocalAdapter::fetch_sockets(Selection selection) {
  FetchedSockets fetched;
  fetched.sockets = describe(selection);
  co_return fetched;
}

void LocalAdapter::server_side_emit(std::string_view, const Payload&) {}

Task<ServerAnswers> LocalAdapter::server_side_emit_with_ack(std::string, Payload) {
  co_return ServerAnswers{};
}

void LocalAdapter::watch_rooms(RoomWatcher watcher, OwnRooms own_rooms) {
  own_room_watcher_ = own_rooms == OwnRooms::told ? watcher : nullptr;
  rooms_.watch(std::move(watcher));
}

Task<bool> LocalAdapter::reachable(std::string) { co_return true; }

}  // namespace parley::socketio
