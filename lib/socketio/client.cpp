#include "socketio/client.hpp"

#include <algorithm>

#include "socketio/connecting.hpp"
#include "socketio/guard.hpp"
#include "socketio/local_adapter.hpp"

namespace parley::socketio {
namespace {

/// Of one connection, in all its life; one more closes it, and whoever keeps the rules comes back.
constexpr std::uint32_t max_connects = 100;

json::object parse_auth(const Packet& packet) {
  if (packet.json.empty()) return {};
  const json::array parsed = Payload{std::string{"["}.append(packet.json) + "]", {}}.parse();
  return parsed.size() == 1 && parsed[0].is_object() ? parsed[0].get_object() : json::object{};
}

std::string error_json(const ConnectError& error) {
  json::object body{{"message", error.message}};
  if (error.data) body["data"] = *error.data;
  return json::serialize(body);
}

}  // namespace

Client::Client(Directory& directory, engineio::Session& session)
    : directory_(directory), session_(session), decoder_(directory.packet_limits()) {
  await_join();
}

Client::~Client() = default;

void Client::await_join() {
  if (connect_timer_) return;
  session_.set_trusted(false);
  net::Shard& shard = session_.shard();
  const auto on_timer = [](void* self) { static_cast<Client*>(self)->on_connect_timeout(); };
  connect_timer_ = std::make_unique<net::Timer>(shard.timers(), this, on_timer);
  connect_timer_->start(shard.now() + directory_.config().connect_timeout);
}

void Client::on_connect_timeout() { session_.close(engineio::CloseReason::forced_close); }

void Client::on_text(std::string_view text) {
  Findings findings;
  auto decoded = decoder_.on_text(text, findings);
  // Who has not joined is not to keep attachments here.
  if (const auto nsp = decoder_.waiting(); nsp && !has_joined(*nsp)) return close_for_state();
  handle(std::move(decoded));
}

bool Client::has_joined(std::string_view nsp) const {
  const auto socket = find(nsp);
  return socket && socket->is_connected();
}

void Client::on_binary(std::string_view bytes) { handle(decoder_.on_binary(bytes)); }

void Client::handle(Result<std::optional<Decoded>> decoded) {
  if (!decoded) return session_.close(engineio::CloseReason::forced_close);
  if (*decoded) dispatch(**decoded);
}

void Client::dispatch(Decoded& decoded) {
  const Packet& packet = decoded.packet;
  if (packet.type == PacketType::connect) return connect(packet);
  const std::shared_ptr<Socket> socket = find(packet.nsp);
  if (!socket || !socket->is_connected()) return close_for_state();
  switch (packet.type) {
    case PacketType::disconnect:
      return leave(*socket, "client namespace disconnect");
    case PacketType::event:
    case PacketType::binary_event:
      return socket->dispatch(socket, decoded);
    case PacketType::ack:
    case PacketType::binary_ack:
      return socket->on_ack(*packet.id, decoded);
    default:
      return close_for_state();
  }
}

void Client::close_for_state() {
  state_error_ = true;
  session_.close(engineio::CloseReason::forced_close);
}

std::shared_ptr<Socket> Client::find(std::string_view nsp) const {
  for (const auto& socket : sockets_) {
    if (socket->nsp().name() == nsp) return socket;
  }
  return nullptr;
}

void Client::connect(const Packet& packet) {
  if (find(packet.nsp) || sockets_.size() >= directory_.config().max_namespaces ||
      ++connects_ > max_connects)
    return close_for_state();
  if (packet.json.size() > directory_.config().max_connect) {
    return session_.send(
        encode_plain(PacketType::connect_error, packet.nsp, R"({"message":"Auth too large"})"));
  }
  json::object auth = parse_auth(packet);
  Namespace* const nsp = directory_.find(packet.nsp, auth);
  if (nsp == nullptr) {
    return session_.send(
        encode_plain(PacketType::connect_error, packet.nsp, R"({"message":"Invalid namespace"})"));
  }
  LocalAdapter& local = nsp->local(session_.shard().index());
  start(sockets_.emplace_back(std::make_shared<Socket>(*this, session_, local, std::move(auth))));
}

void Client::start(const std::shared_ptr<Socket>& started) {
  const std::shared_ptr<Socket> socket = started;  // the list may change
  auto request = recovery_request(socket->nsp(), socket->handshake().auth);
  if (!request && socket->nsp().behaviour().middlewares.empty()) return admit(socket, {});
  session_.shard().spawn("socketio.connect", run_connect(socket, std::move(request)));
}

void Client::admit(const std::shared_ptr<Socket>& socket, std::vector<SharedLogged> missed) {
  connect_timer_.reset();
  session_.set_trusted(true);
  socket->connected();
  for (const SharedLogged& event : missed) socket->send(event->event->messages());
  if (!socket->is_connected()) return;
  json::object reply{{"sid", socket->id()}};
  if (socket->nsp().recovery().enabled) reply["pid"] = socket->pid();
  session_.send(encode_plain(PacketType::connect, socket->nsp().name(), json::serialize(reply)));
  for (const auto& handler : socket->nsp().behaviour().connection) {
    if (!socket->is_connected()) return;
    guarded(socket->shard(), "socketio.on_connection", [&] { handler(socket); });
  }
}

void Client::refuse(const std::shared_ptr<Socket>& socket, const ConnectError& error) {
  leave(*socket, "");
  session_.send(encode_plain(PacketType::connect_error, socket->nsp().name(), error_json(error)));
}

std::shared_ptr<Socket> Client::take(const Socket& socket) {
  const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                  [&socket](const auto& one) { return one.get() == &socket; });
  if (found == sockets_.end()) return nullptr;
  std::shared_ptr<Socket> taken = std::move(*found);
  sockets_.erase(found);
  const auto is_in = [](const auto& one) { return one->is_connected(); };
  if (std::none_of(sockets_.begin(), sockets_.end(), is_in)) await_join();
  return taken;
}

void Client::leave(const Socket& socket, DisconnectReason reason) {
  if (const auto left = take(socket)) left->end(reason);
}

void Client::disconnect(const Socket& socket) {
  const auto left = take(socket);
  session_.send(encode_plain(PacketType::disconnect, socket.nsp().name()));
  if (left) left->end("server namespace disconnect");
}

void Client::disconnect_all() {
  engineio::Session& session = session_;
  const auto sockets = std::move(sockets_);
  sockets_.clear();
  for (const auto& socket : sockets) {
    if (socket->is_connected())
      session.send(encode_plain(PacketType::disconnect, socket->nsp().name()));
  }
  for (const auto& socket : sockets) socket->end("server namespace disconnect");
  session.close(engineio::CloseReason::forced_close);
}

void Client::on_drain() {
  const auto sockets = sockets_;
  for (const auto& socket : sockets) {
    if (socket->is_connected()) socket->drained(socket);
  }
}

void Client::on_close(engineio::CloseReason reason) {
  const std::string_view word = state_error_ ? "forced server close" : engineio::to_string(reason);
  connect_timer_.reset();
  const auto sockets = std::move(sockets_);
  sockets_.clear();
  for (const auto& socket : sockets) socket->end(word);
}

}  // namespace parley::socketio
