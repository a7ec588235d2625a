#include "socketio/socket.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/string_hash.hpp"
#include "net/timer.hpp"
#include "socketio/client.hpp"
#include "socketio/guard.hpp"
#include "socketio/local_adapter.hpp"
#include "socketio/namespace.hpp"
#include "socketio/random_id.hpp"

namespace parley::socketio {

/// An emit_with_ack that waits for its answer.
struct Socket::PendingAck {
  PendingAck(Socket& socket, std::uint64_t number, AckHandler then)
      : owner(socket),
        id(number),
        handler(std::move(then)),
        timer(net::Timer::calling<&PendingAck::expire>(socket.shard().timers(), *this)) {}

  void expire() {
    const auto self = owner.take_pending(id);
    guarded(owner.shard(), "socketio.ack",
            [&self] { self->handler(fail(Errc::timeout, "operation has timed out")); });
  }

  Socket& owner;
  std::uint64_t id;
  AckHandler handler;
  net::Timer timer;
};

struct Socket::Extras {
  /// Shared with the call that runs one: it may replace itself.
  std::unordered_map<std::string, std::shared_ptr<const EventHandler>, StringHash, std::equal_to<>>
      handlers;
  std::function<void(DisconnectReason)> on_disconnect;
  std::function<void()> on_drain;
  std::vector<std::unique_ptr<PendingAck>> acks;
  std::string pid;  ///< Empty when recovery is off.
  std::shared_ptr<const Replay> replay;
  json::object shown;
};

Socket::Socket(Client& client, engineio::Session& session, LocalAdapter& local, json::object auth)
    : session_(&session),
      client_(&client),
      local_(&local),
      id_(random_id()),
      handshake_{std::move(auth), &session.handshake()} {}

Socket::~Socket() = default;

net::Shard& Socket::shard() { return local_->shard(); }
Namespace& Socket::nsp() const { return local_->nsp(); }

Socket::Extras& Socket::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>();
  return *extras_;
}

void Socket::show(json::object what) {
  if (state_ != State::ended) extras().shown = std::move(what);
}

json::object Socket::shown() const { return extras_ ? extras_->shown : json::object{}; }

void Socket::on(std::string_view event, EventHandler handler) {
  if (state_ == State::ended) return;
  extras().handlers.insert_or_assign(std::string{event},
                                     std::make_shared<const EventHandler>(std::move(handler)));
}

void Socket::on_disconnect(std::function<void(DisconnectReason)> handler) {
  if (state_ != State::ended) extras().on_disconnect = std::move(handler);
}

void Socket::on_drain(std::function<void()> handler) {
  if (state_ != State::ended) extras().on_drain = std::move(handler);
}

void Socket::send(std::span<const engineio::Message> messages) {
  if (!is_connected()) return;
  messages.size() == 1 ? session_->send(messages.front()) : session_->send(messages);
}

void Socket::emit(std::string_view event, const Payload& args) {
  if (!is_connected()) return;
  if (Recovery* const recovery = local_->recovery()) {
    const Stamp stamp = recovery->stamp(false);
    const EncodedEvent plain{nsp().name(), event, args};
    const auto stamped = std::make_shared<const EncodedEvent>(plain.with_argument(stamp.offset()));
    recovery->log(stamp, stamped, Selection{{id_}, {}, true, false}, shard().now());
    return send(stamped->messages());
  }
  const Messages messages = encode_event(nsp().name(), event, args);
  send({messages.data(), messages.size()});
}

void Socket::emit(const EncodedEvent& event) { send(event.messages()); }

void Socket::emit(const engineio::TextFrames& events) {
  if (is_connected()) session_->send(events);
}

void Socket::emit_volatile(std::string_view event, const Payload& args) {
  if (!is_connected() || !session_->is_writable()) return;
  const Messages messages = encode_event(nsp().name(), event, args);
  send({messages.data(), messages.size()});
}

void Socket::emit_with_ack(std::string_view event, const Payload& args,
                           std::chrono::milliseconds timeout, AckHandler handler) {
  if (!is_connected()) {
    return guarded(shard(), "socketio.ack",
                   [&handler] { handler(fail(Errc::closed, "socket has been disconnected")); });
  }
  auto pending = std::make_unique<PendingAck>(*this, local_->next_ack_id(), std::move(handler));
  const Messages messages = encode_event(nsp().name(), event, args, pending->id);
  pending->timer.start(shard().now() + timeout);
  extras().acks.push_back(std::move(pending));
  send({messages.data(), messages.size()});
}

void Socket::send_ack(std::uint64_t id, const Payload& args) {
  const Messages messages = encode_ack(nsp().name(), id, args);
  send({messages.data(), messages.size()});
}

void Socket::answer(std::uint64_t ack_id, std::string_view argument) {
  if (!is_connected()) return;
  thread_local EventWriter writer;
  writer.clear();
  writer.begin_answer(nsp().name(), ack_id) += argument;
  writer.end();
  session_->send(writer.frames());
}

std::unique_ptr<Socket::PendingAck> Socket::take_pending(std::uint64_t id) {
  if (!extras_) return nullptr;
  // In the order of their ids: a client may answer what it was never asked, as often as it likes.
  auto& acks = extras_->acks;
  const auto found =
      std::lower_bound(acks.begin(), acks.end(), id,
                       [](const auto& one, std::uint64_t wanted) { return one->id < wanted; });
  if (found == acks.end() || (*found)->id != id) return nullptr;
  auto taken = std::move(*found);
  acks.erase(found);
  return taken;
}

void Socket::on_ack(std::uint64_t id, Decoded& decoded) {
  const auto pending = take_pending(id);
  if (!pending) {
    local_->on_ack(*this, id, decoded);  // an id that nobody waits for is ignored
    return;
  }
  Payload answer{std::string{"["}.append(decoded.packet.args) + "]",
                 std::move(decoded.attachments)};
  guarded(shard(), "socketio.ack", [&] { pending->handler(std::move(answer)); });
}

bool Socket::passes_filters(Event& event, const std::shared_ptr<Socket>& self) {
  bool passes = true;
  for (const auto& filter : nsp().behaviour().filters) {
    guarded(shard(), "socketio.filter", [&] {
      passes = false;  // also when the filter throws
      passes = filter(self, event).has_value();
    });
    if (!passes || !is_connected()) return false;
  }
  return true;
}

/// `self` is this socket, held.
void Socket::dispatch(const std::shared_ptr<Socket>& self, Decoded& decoded) {
  Event event{decoded.packet, decoded.attachments, *this};
  if (!passes_filters(event, self)) return;
  bool has_own = false;
  if (extras_) {
    const auto found = extras_->handlers.find(event.name());
    const auto own = found == extras_->handlers.end() ? nullptr : found->second;
    has_own = own != nullptr;
    if (own) guarded(shard(), "socketio.on", [&] { (*own)(event); });
  }
  const auto& behaviour = nsp().behaviour();
  const auto call = [&](const Namespace::EventHandler& handler) {
    if (is_connected()) guarded(shard(), "socketio.on", [&] { handler(self, event); });
  };
  const auto named = behaviour.events.find(event.name());
  if (named != behaviour.events.end()) {
    std::for_each(named->second.begin(), named->second.end(), call);
  } else if (!has_own) {
    std::for_each(behaviour.other.begin(), behaviour.other.end(), call);
  }
  std::for_each(behaviour.any.begin(), behaviour.any.end(), call);
}

void Socket::drained(const std::shared_ptr<Socket>& self) {
  for (const auto& handler : nsp().behaviour().drain) {
    if (is_connected()) guarded(shard(), "socketio.on_drain", [&] { handler(self); });
  }
  if (!extras_ || !extras_->on_drain) return;
  const auto handler = std::exchange(extras_->on_drain, nullptr);  // it may replace itself
  guarded(shard(), "socketio.on_drain", handler);
  if (extras_ && !extras_->on_drain) extras_->on_drain = handler;
}

void Socket::join(std::string room) {
  if (state_ == State::ended) return;
  if (room == id_) {
    if (!std::exchange(in_own_room_, true) && is_connected()) local_->tell_own_room(id_, true);
  } else {
    local_->rooms().join(*this, room);
  }
}

void Socket::leave(std::string_view room) {
  if (room == id_) {
    if (std::exchange(in_own_room_, false) && is_connected()) local_->tell_own_room(id_, false);
  } else {
    local_->rooms().leave(*this, room);
  }
}

std::vector<std::string> Socket::rooms() const {
  std::vector<std::string> rooms = local_->rooms().rooms_of(*this);
  if (in_own_room_ && state_ != State::ended)
    rooms.insert(std::upper_bound(rooms.begin(), rooms.end(), id_), id_);
  return rooms;
}

Broadcast Socket::to(std::string room) { return others().to(std::move(room)); }
Broadcast Socket::others() { return nsp().everyone().except(id_); }

void Socket::disconnect() {
  if (is_connected()) client_->disconnect(*this);
}

void Socket::disconnect_client() {
  if (client_ != nullptr) client_->disconnect_all();
}

void Socket::close_engine() {
  if (session_ != nullptr) session_->close(engineio::CloseReason::forced_close);
}

void Socket::connected() {
  state_ = State::connected;
  local_->add(shared_from_this());
  if (Recovery* const recovery = local_->recovery()) {
    if (!recovered_) extras().pid = random_id();
    recovery->enter(extras().pid, *this);
  }
}

void Socket::end(DisconnectReason reason) {
  if (state_ == State::ended) return;
  const auto self = shared_from_this();
  const bool was_connected = is_connected();
  std::optional<Recovery::Session> left;
  if (was_connected) {
    for (const auto& handler : nsp().behaviour().disconnecting) {
      guarded(shard(), "socketio.on_disconnecting", [&] { handler(self, reason); });
    }
    if (Recovery* const recovery = local_->recovery()) {
      recovery->leave(extras().pid);
      if (Recovery::is_recoverable(reason))
        left = Recovery::Session{id_, extras().pid, rooms(), {}, extras().replay, shard().now()};
    }
  }
  local_->remove(*this);
  state_ = State::ended;
  client_ = nullptr;
  session_ = nullptr;
  handshake_.engine = nullptr;
  if (was_connected) tell_end(self, reason);
  // Not before: whoever is told of the end looks at the data.
  if (left) {
    left->data = std::move(data);
    local_->recovery()->remember(*std::move(left));
  }
  // A handler may be what called us: its function must not go from under it.
  if (extras_) shard().post([extras = std::move(extras_)] {});
}

void Socket::tell_end(const std::shared_ptr<Socket>& self, DisconnectReason reason) {
  if (extras_) {
    const auto acks = std::move(extras_->acks);
    for (const auto& pending : acks) {
      pending->timer.stop();
      guarded(shard(), "socketio.ack",
              [&] { pending->handler(fail(Errc::closed, "socket has been disconnected")); });
    }
    if (extras_->on_disconnect) {
      guarded(shard(), "socketio.on_disconnect", [&] { extras_->on_disconnect(reason); });
    }
  }
  for (const auto& handler : nsp().behaviour().disconnect) {
    guarded(shard(), "socketio.on_disconnect", [&] { handler(self, reason); });
  }
}

const Recovery& Socket::recovery() const { return *local_->recovery(); }

void Socket::finish_connect(std::optional<ConnectError> error, std::optional<Restored> restored) {
  if (client_ == nullptr) return;
  const auto self = shared_from_this();
  if (error) return client_->refuse(self, *error);
  if (!restored) return client_->admit(self, {});
  restore(*restored);
  client_->admit(self, std::move(restored->missed));
}

const std::string& Socket::pid() { return extras().pid; }

void Socket::restore(Restored& restored) {
  id_ = std::move(restored.sid);
  data = std::move(restored.data);
  recovered_ = true;
  in_own_room_ =
      std::find(restored.rooms.begin(), restored.rooms.end(), id_) != restored.rooms.end();
  for (const std::string& room : restored.rooms) join(room);
  extras().replay = local_->recovery()->complete(restored);
  extras().pid = std::move(restored.pid);
}

json::object Handshake::to_json() const {
  json::object out{{"auth", auth}};
  if (engine == nullptr) return out;
  json::object headers, query;
  for (const auto& [name, value] : engine->headers.all()) headers[name] = value;
  for (const auto& [name, value] : engine->query()) query[name] = value;
  out["headers"] = std::move(headers);
  out["query"] = std::move(query);
  out["address"] = engine->address;
  out["url"] = engine->url;
  out["time"] = to_iso8601(engine->issued);
  out["issued"] = to_unix_ms(engine->issued);
  out["secure"] = engine->secure;
  out["xdomain"] = engine->cross_domain;
  return out;
}

}  // namespace parley::socketio
