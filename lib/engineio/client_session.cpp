#include "engineio/client_session.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engineio/fixed_packets.hpp"
#include "engineio/registry.hpp"

namespace parley::engineio {
namespace {

/// After a client's `1` on a POST: how long its GET may be under way, which Node answers with a
/// noop because it always comes first there. With shards the POST may overtake it.
constexpr std::chrono::milliseconds overtaken_get{200};

CloseReason reason_of(websocket::Ending ending) {
  switch (ending) {
    case websocket::Ending::peer_closed:
      return CloseReason::transport_close;
    case websocket::Ending::slow_consumer:
      return CloseReason::slow_consumer;
    case websocket::Ending::protocol_error:
    case websocket::Ending::lost:
      break;
  }
  return CloseReason::transport_error;
}

}  // namespace

ClientSession::ClientSession(Registry& registry, std::string id, Handshake handshake)
    : registry_(registry),
      heartbeat_({registry.config().ping_interval, registry.config().ping_timeout},
                 registry.shard().now()),
      timer_(net::Timer::calling<&ClientSession::on_timer>(registry.shard().timers(), *this)),
      id_(std::move(id)),
      handshake_(std::move(handshake)) {}

ClientSession::~ClientSession() {
  if (socket_) socket_->abort();
  handler_.reset();  // it may look at what is destroyed before it
}

net::Shard& ClientSession::shard() { return registry_.shard(); }

void ClientSession::set_trusted(bool trusted) {
  trusted_ = trusted;
  registry_.set_expendable(*this, !trusted);
  if (polling_) polling_->set_expendable(!trusted);
  if (!socket_) return;
  socket_->set_config(registry_.websocket_config(trusted));
  socket_->set_expendable(!trusted);
}

// The heartbeat.

void ClientSession::restart_heartbeat() {
  if (!overfull_) timer_.start(heartbeat_.deadline());
}

void ClientSession::catch_up(SteadyTime now) {
  if (timer_.is_running() && timer_.deadline() <= now) on_timer();
}

void ClientSession::on_timer() {
  if (state_ == State::closing) {
    state_ = State::closed;
    registry_.retire(*this);
  } else if (overfull_) {
    end(CloseReason::slow_consumer);
  } else if (state_ == State::open) {
    // Timers never fire early, so the later of both is the truth (and a test can make it later).
    on_heartbeat(std::max(shard().now(), timer_.deadline()));
  }
}

void ClientSession::on_heartbeat(SteadyTime now) {
  switch (heartbeat_.on_tick(now)) {
    case Heartbeat::Action::give_up:
      return end(CloseReason::ping_timeout);
    case Heartbeat::Action::ping:
      send_now(FixedPackets::all().ping);
      break;
    case Heartbeat::Action::none:
      break;
  }
  restart_heartbeat();
}

void ClientSession::on_other_packet() {
  if (!heartbeat_.is_waiting()) return;
  heartbeat_.on_packet(shard().now());
  restart_heartbeat();
}

// Sending.

void ClientSession::send_now(const Message& message) {
  if (socket_) {
    socket_->send(message.frame());
  } else if (polling_) {
    polling_->send({&message, 1});
  }
}

bool ClientSession::may_send(std::size_t packets) {
  if (state_ != State::open || overfull_) return false;
  if (queued_bytes() > registry_.config().max_queued) {
    // Not ended here: the caller may be in the middle of a broadcast over the sessions.
    overfull_ = true;
    timer_.start(shard().now());
    return false;
  }
  registry_.counters().packets_out.add(static_cast<std::int64_t>(packets));
  return true;
}

void ClientSession::send(const TextFrames& texts) {
  if (!may_send(texts.count)) return;
  if (socket_) return socket_->send(texts.bytes);
  polling_->send(texts.messages());
}

void ClientSession::send(std::span<const Message> messages) {
  if (!may_send(messages.size())) return;
  if (socket_) {
    for (const Message& message : messages) socket_->send(message.frame());
  } else if (polling_) {
    polling_->send(messages);
  }
}

bool ClientSession::is_writable() const {
  if (state_ != State::open || overfull_) return false;
  return polling_ ? polling_->is_writable() : socket_ && socket_->is_writable();
}

std::size_t ClientSession::queued_bytes() const {
  return socket_ ? socket_->queued_bytes() : polling_ ? polling_->queued_bytes() : 0;
}

// Receiving.

void ClientSession::on_text(std::string_view text) {
  const auto packet = decode_packet(text);
  if (!packet) return end(CloseReason::parse_error);
  on_packet(*packet);
}

void ClientSession::on_binary(std::string_view bytes) { on_binary_packet(bytes); }

bool ClientSession::on_packet(const Packet& packet) {
  if (state_ != State::open) return false;
  registry_.counters().packets_in.add();
  switch (packet.type) {
    case PacketType::message:
      on_other_packet();
      if (handler_) handler_->on_text(packet.body);
      break;
    case PacketType::pong:
      heartbeat_.on_pong(shard().now());
      restart_heartbeat();
      break;
    case PacketType::close:
      end_by_client();
      break;
    // In v4 the server pings; a client that does so is broken, or speaks v3.
    case PacketType::ping:
      end(CloseReason::transport_error);
      break;
    case PacketType::open:
    case PacketType::upgrade:
    case PacketType::noop:
      on_other_packet();
      break;
  }
  return state_ == State::open;
}

bool ClientSession::on_binary_packet(std::string_view bytes) {
  if (state_ != State::open) return false;
  registry_.counters().packets_in.add();
  on_other_packet();
  if (handler_) handler_->on_binary(bytes);
  return state_ == State::open;
}

void ClientSession::on_drained() {
  if (state_ == State::open && handler_) handler_->on_drain();
}

void ClientSession::on_closed(websocket::Ending ending) {
  socket_ = nullptr;
  end(reason_of(ending));
}

// Requests.

void ClientSession::poll(std::shared_ptr<http::Exchange> exchange) {
  if (state_ == State::open) return polling_->poll(std::move(exchange));
  polling_->answer_late(*exchange, last_word_);
  state_ = State::closed;
  timer_.stop();
  registry_.retire(*this);
}

void ClientSession::begin_post(std::shared_ptr<http::Exchange> exchange) {
  if (state_ == State::open) polling_->begin_post(std::move(exchange));
}

void ClientSession::post(const std::shared_ptr<http::Exchange>& exchange) {
  // A session that is closing drops what still comes, as Node does.
  if (state_ != State::open) return registry_.answers().ok(*exchange);
  polling_->post(exchange);
}

void ClientSession::refuse_post(http::Exchange& exchange) { polling_->refuse_post(exchange); }

// The end.

void ClientSession::close(CloseReason reason) {
  if (state_ != State::open) return;
  state_ = State::closed;
  if (socket_) {
    std::exchange(socket_, nullptr)->close();
  } else if (polling_ && !polling_->finish(Polling::LastWord::close)) {
    linger(Polling::LastWord::close, registry_.config().polling_close_grace);
  }
  leave(reason);
}

void ClientSession::end(CloseReason reason) {
  if (state_ != State::open) return;
  state_ = State::closed;
  if (auto* socket = std::exchange(socket_, nullptr)) {
    // A close frame would wait behind what the peer does not read.
    reason == CloseReason::slow_consumer ? socket->abort() : socket->close();
  }
  if (polling_) polling_->finish(Polling::LastWord::close);
  leave(reason);
}

void ClientSession::end_by_client() {
  if (!polling_) return end(CloseReason::transport_close);
  state_ = State::closed;
  if (!polling_->finish(Polling::LastWord::noop)) linger(Polling::LastWord::noop, overtaken_get);
  leave(CloseReason::transport_close);
}

void ClientSession::linger(Polling::LastWord last, std::chrono::milliseconds grace) {
  state_ = State::closing;
  registry_.set_expendable(*this, true);
  last_word_ = last;
  timer_.start(shard().now() + grace);
}

void ClientSession::give_way() {
  if (state_ == State::open) return end(CloseReason::forced_close);
  state_ = State::closed;
  timer_.stop();
  registry_.retire(*this);
}

void ClientSession::leave(CloseReason reason) {
  reason_ = reason;
  auto& counters = registry_.counters();
  counters.closed[static_cast<std::size_t>(reason)].add();
  (polling_ ? counters.polling : counters.websocket).add(-1);
  drop_upgrade();
  if (handler_) {
    handler_->on_close(reason);
    registry_.bury(std::move(handler_));
  }
  if (state_ == State::closing) return;
  timer_.stop();
  registry_.retire(*this);
}

}  // namespace parley::engineio
