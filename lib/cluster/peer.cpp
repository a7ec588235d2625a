#include "cluster/peer.hpp"

#include <algorithm>
#include <atomic>

namespace parley::cluster {

using socketio::AckSink;
using socketio::AskedClients;
using socketio::AskedEvent;
using socketio::Payload;

Peer::Peer(Surroundings surroundings, const Config& config, socketio::Namespace& nsp,
           socketio::Adapter& inner, std::unique_ptr<const Wire> wire)
    : around_(surroundings),
      config_(config),
      nsp_(nsp),
      inner_(inner),
      wire_(std::move(wire)),
      channels_(wire_->channels()),
      requests_(around_.home.timers(), {config.max_requests, config.max_answers}) {}

void Peer::start() {
  home().post([self = shared_from_this()] {
    for (const Channel& one : self->channels_)
      self->around_.subscriber.subscribe_soon(one.kind, one.name, self->handler());
  });
}

redis::Subscriber::Handler Peer::handler() {
  return [weak = weak_from_this()](std::string_view channel, std::string_view bytes) {
    if (const auto self = weak.lock()) self->receive(channel, bytes);
  };
}

void Peer::publish(redis::Command command) {
  if (!is_connected()) return count_dropped();
  Counters::add(around_.counters.published);
  around_.client.send(std::move(command));
}

void Peer::on_room(std::string_view room, bool exists) {
  if (home().is_current()) return note_room(room, exists);
  home().post([self = shared_from_this(), name = std::string{room}, exists] {
    self->note_room(name, exists);
  });
}

void Peer::note_room(std::string_view room, bool exists) {
  if (is_closed_) return;
  const bool changes = exists ? rooms_.add(room) : rooms_.remove(room);
  if (!changes) return;
  const auto channel = wire_->room_channel(room);
  if (!channel) return;
  if (!exists) return around_.subscriber.unsubscribe(channel->kind, channel->name);
  around_.subscriber.subscribe_soon(channel->kind, channel->name, handler());
}

redis::Standing Peer::standing(std::string_view room) const {
  using redis::Standing;
  if (!rooms_.contains(room) || !around_.subscriber.is_connected()) return Standing::unknown;
  const auto of = [this](const Channel& one) {
    return around_.subscriber.standing(one.kind, one.name);
  };
  for (const Channel& one : channels_) {
    if (of(one) != Standing::heard) return of(one);
  }
  const auto channel = wire_->room_channel(room);
  return channel ? of(*channel) : Standing::heard;
}

bool Peer::is_counted(std::string_view channel) const {
  return std::any_of(channels_.begin(), channels_.end(), [&](const Channel& one) {
    return one.name == channel &&
           around_.subscriber.standing(one.kind, one.name) == redis::Standing::heard;
  });
}

void Peer::receive(std::string_view channel, std::string_view bytes) {
  if (is_closed_) return;
  Counters& counters = around_.counters;
  Counters::add(counters.received);
  const std::string_view room = wire_->room_of(channel);
  if (!room.empty() && !rooms_.contains(room)) return Counters::add(counters.not_held);
  if (wire_->is_own(bytes)) return Counters::add(counters.own);
  auto message = wire_->decode(channel, bytes);
  if (!message) return Counters::add(counters.undecodable);
  if (message->uid == wire_->address().uid) return Counters::add(counters.own);
  handle(std::move(*message));
}

void Peer::handle(Message message) {
  switch (message.kind) {
    case Kind::broadcast:
      if (!message.request.empty()) return ask_here(std::move(message));
      return inner_.broadcast(message.selection, std::make_shared<const socketio::EncodedEvent>(
                                                     nsp_.name(), message.name, message.args));
    case Kind::join:
    case Kind::leave:
    case Kind::disconnect:
      return move_sockets(message);
    case Kind::fetch:
    case Kind::list_sockets:
      if (message.request.empty()) return;  // the answer would be nobody's
      return home().spawn("cluster.fetch", answer_fetch(shared_from_this(), std::move(message)));
    case Kind::list_rooms: {
      Message all;
      all.kind = Kind::ids;
      all.rooms = rooms_.names();
      return answer(all, message);
    }
    case Kind::server_side_emit:
      return emit_here(message);
    case Kind::sockets:
    case Kind::server_answer:
    case Kind::client_count:
    case Kind::client_answer:
      requests_.on_answer(message);
      return;
    case Kind::ids:
    case Kind::done:
    case Kind::other:
      return;
  }
}

void Peer::move_sockets(const Message& message) {
  if (message.kind == Kind::join) inner_.join(message.selection, message.rooms);
  if (message.kind == Kind::leave) inner_.leave(message.selection, message.rooms);
  // An old server's request for one socket: whoever has it says so.
  if (!message.request.empty() && rooms_.contains(message.selection.rooms.front())) {
    Message done;
    done.kind = Kind::done;
    answer(done, message);
  }
  if (message.kind == Kind::disconnect) inner_.disconnect(message.selection, message.close_engine);
}

namespace {

/// What an answer needs to know of its question.
Message head_of(const Message& message) {
  Message head;
  head.kind = message.kind;
  head.uid = message.uid;
  head.request = message.request;
  return head;
}

}  // namespace

void Peer::answer(const Message& answer, const Message& to) { publish(wire_->answer(answer, to)); }

void Peer::ask_here(Message message) {
  const auto patience =
      std::min(message.timeout.value_or(config_.requests_timeout), config_.max_ack_timeout);
  auto asked = std::make_shared<const AskedEvent>(
      AskedEvent{std::move(message.name), std::move(message.args), patience});
  const auto to = std::make_shared<const Message>(head_of(message));
  AckSink back{[self = shared_from_this(), to](AskedClients clients) {
                 Message count;
                 count.kind = Kind::client_count;
                 count.clients = clients.count;
                 self->answer(count, *to);
               },
               [self = shared_from_this(), to](Payload value) {
                 Message one;
                 one.kind = Kind::client_answer;
                 one.args = std::move(value);
                 self->answer(one, *to);
               }};
  inner_.broadcast_with_ack(message.selection, std::move(asked), std::move(back));
}

void Peer::emit_here(const Message& message) {
  socketio::Namespace::ServerAck ack;
  if (!message.request.empty()) {
    ack = [self = shared_from_this(), to = std::make_shared<const Message>(head_of(message)),
           answered = std::make_shared<std::atomic<bool>>(false)](const Payload& value) {
      if (answered->exchange(true)) return;
      Message one;
      one.kind = Kind::server_answer;
      one.args = value;
      self->answer(one, *to);
    };
  }
  nsp_.on_server_side(home(), message.name, message.args, ack);
}

Task<void> Peer::answer_fetch(std::shared_ptr<Peer> self, Message message) {
  socketio::Selection selection = message.selection;
  if (message.kind == Kind::list_sockets) selection.rooms = message.rooms;
  auto fetch = self->inner_.fetch_sockets(std::move(selection));
  socketio::FetchedSockets found = co_await std::move(fetch);
  Message sockets;
  sockets.kind = message.kind == Kind::fetch ? Kind::sockets : Kind::ids;
  for (const socketio::SocketInfo& one : found.sockets) sockets.rooms.push_back(one.id);
  sockets.sockets = std::move(found.sockets);
  self->answer(sockets, message);
}

}  // namespace parley::cluster
