#include "load/client.hpp"

namespace parley::load {

namespace {
constexpr std::size_t most_response = 16 << 10;
}

void Client::join(const Address& address, std::string_view token) {
  leave();
  address_ = &address;
  token_ = token;
  state_ = State::opening;
  stream_.connect(address, number_);
}

void Client::leave() {
  stream_.close();
  reader_ = {};
  response_ = {};
  state_ = State::away;
}

void Client::lose(std::string why) {
  leave();
  handler_.on_lost(*this, why);
}

void Client::on_open() {
  state_ = State::upgrading;
  stream_.out() += "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + address_->host +
                   "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: cGFybGV5LWJlbmNoLWtleQ==\r\n\r\n";
}

void Client::on_end(std::string_view why) { lose(std::string{why}); }

void Client::on_bytes(std::string_view bytes) {
  if (state_ != State::upgrading) return read_frames(bytes);
  response_.append(bytes);
  const auto end = response_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (response_.size() > most_response) lose("the answer to the upgrade does not end");
    return;
  }
  if (!response_.starts_with("HTTP/1.1 101"))
    return lose("the upgrade was refused: " + response_.substr(0, response_.find("\r\n")));
  const std::string rest = response_.substr(end + 4);
  response_ = {};
  state_ = State::joining;
  if (!rest.empty()) read_frames(rest);
}

void Client::read_frames(std::string_view bytes) {
  const auto problem = reader_.read(bytes, [this](websocket::Opcode opcode, std::string_view text) {
    return on_frame(opcode, text);
  });
  if (problem) lose("the server sent " + *problem);
}

/// False once the connection has ended.
bool Client::on_frame(websocket::Opcode opcode, std::string_view payload) {
  switch (opcode) {
    case websocket::Opcode::text:
      on_text(read_packet(payload));
      break;
    case websocket::Opcode::ping:
      append_client_frame(stream_.out(), websocket::Opcode::pong, payload);
      break;
    case websocket::Opcode::close:
      lose("closed by the server");
      break;
    default:
      break;
  }
  return state_ != State::away && !stream_.is_closed();
}

void Client::on_text(const Packet& packet) {
  switch (packet.kind) {
    case PacketKind::open:
      return send("40{\"token\":\"" + std::string{token_} + "\"}");
    case PacketKind::ping:
      return send("3");
    case PacketKind::connected:
      state_ = State::joined;
      return handler_.on_joined(*this);
    case PacketKind::refused:
      return lose("refused: " + std::string{packet.payload.substr(0, 200)});
    case PacketKind::closed:
      return lose("closed by the server");
    case PacketKind::event:
    case PacketKind::ack:
      return handler_.on_packet(*this, packet);
    case PacketKind::other:
      return;
  }
}

}  // namespace parley::load
