// The beginnings of a session: its handshake, and the upgrade from polling to WebSocket.
#include <string>
#include <utility>

#include "engineio/client_session.hpp"
#include "engineio/registry.hpp"

namespace parley::engineio {

/// The JSON has exactly these five keys; clients fail without them, and the upstream suite without
/// the set.
Message ClientSession::open_packet() const {
  const Config& config = registry_.config();
  const bool upgrades = polling_ && config.websocket && config.allow_upgrades;
  std::string json = "{\"sid\":\"" + id_ + "\",\"upgrades\":[";
  json += upgrades ? "\"websocket\"" : "";
  json += "],\"pingInterval\":" + std::to_string(config.ping_interval.count());
  json += ",\"pingTimeout\":" + std::to_string(config.ping_timeout.count());
  json += ",\"maxPayload\":" + std::to_string(config.max_payload) + '}';
  return Message::packet(PacketType::open, json);
}

void ClientSession::open_polling(http::Exchange& exchange) {
  Polling::Owner& self = *this;
  polling_ = std::make_shared<Polling>(self, shard(), registry_.answers());
  registry_.counters().polling.add();
  restart_heartbeat();
  // Alone in its answer: what the application sends at once waits for the client's first GET.
  registry_.answers().payload(exchange, std::string{open_packet().payload()});
  announce();
}

void ClientSession::open_websocket(http::Exchange& exchange,
                                   const websocket::Handshake& handshake) {
  std::string leftover;
  const auto extra = registry_.answers().cors_fields(exchange.request());
  auto& socket = accept_websocket(exchange, handshake, extra, *this,
                                  registry_.websocket_config(trusted_), leftover);
  socket_ = &socket;
  registry_.counters().websocket.add();
  restart_heartbeat();
  socket.send(open_packet().frame());
  announce();
  if (!leftover.empty()) socket.on_bytes(leftover);
}

void ClientSession::announce() {
  auto handler = registry_.common().application.on_session(*this);
  if (state_ == State::open) {
    handler_ = std::move(handler);
    if (!handler_) close();
    return;
  }
  // The application closed the session before it gave the handler.
  if (handler) handler->on_close(reason_);
  registry_.bury(std::move(handler));
}

void ClientSession::begin_upgrade(http::Exchange& exchange, const websocket::Handshake& handshake) {
  const auto extra = registry_.answers().cors_fields(exchange.request());
  const auto& config = registry_.common().early_websocket;  // to be trusted with the session
  if (state_ != State::open || !polling_ || upgrade_)
    return accept_and_close(exchange, handshake, extra, config);
  std::string leftover;
  Upgrade::Owner& self = *this;
  upgrade_ = std::make_unique<Upgrade>(self, shard().timers());
  auto& socket = accept_websocket(exchange, handshake, extra, *upgrade_, config, leftover);
  upgrade_->start(socket, shard().now() + registry_.config().upgrade_timeout);
  if (!leftover.empty()) socket.on_bytes(leftover);
}

void ClientSession::on_upgrade() {
  socket_ = &upgrade_->take();
  socket_->set_handler(*this);
  set_trusted(trusted_);
  registry_.bury(std::move(upgrade_));
  // A client that keeps the rules has no request left. A GET gets its noop; a POST is dropped, as
  // in Node.
  const auto polling = std::exchange(polling_, nullptr);
  const auto queue = polling->take_queue();
  polling->finish(Polling::LastWord::noop);
  auto& counters = registry_.counters();
  counters.polling.add(-1);
  counters.websocket.add();
  counters.upgraded.add();
  heartbeat_.on_swap(shard().now());
  restart_heartbeat();
  for (const Message& message : queue) socket_->send(message.frame());
}

void ClientSession::on_upgrade_failed() {
  polling_->set_hurrying(false);
  drop_upgrade();
}

void ClientSession::drop_upgrade() {
  if (!upgrade_) return;
  upgrade_->abort();
  registry_.bury(std::move(upgrade_));
}

}  // namespace parley::engineio
