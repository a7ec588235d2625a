#include "client.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "canned.hpp"
#include "websocket/frame.hpp"
#include "websocket/handshake.hpp"
#include "wire.hpp"

namespace parley::limit {

bool Client::on_bytes(std::span<char> bytes) {
  if (!is_websocket_) return on_http({bytes.data(), bytes.size()});
  return !parser_.parse(bytes, {}, *this).failure && open_;
}

bool Client::on_http(std::string_view bytes) {
  request_.append(bytes);
  while (const std::size_t size = request_size(request_)) {
    const std::string_view request = std::string_view{request_}.substr(0, size);
    const std::string_view key = header(request, "sec-websocket-key");
    if (key.empty()) {
      out += canned_answer(request);
      request_.erase(0, size);
      continue;
    }
    out += websocket::switching_protocols({std::string{key}, {}, false});
    FrameWriter{out, request_}.text(
        R"(0{"sid":"limit","upgrades":[],"pingInterval":300000,"pingTimeout":60000,"maxPayload":1000000})");
    is_websocket_ = true;
    request_ = {};  // Nothing follows a handshake before its answer.
  }
  return true;
}

bool Client::on_message(websocket::Opcode opcode, std::span<char> payload, bool) {
  if (opcode == websocket::Opcode::text) on_text_(*this, {payload.data(), payload.size()});
  return open_;
}

bool Client::on_ping(std::string_view payload) {
  out += websocket::encode_frame(websocket::Opcode::pong, payload);
  return true;
}

bool Client::flush() {
  if (out.empty()) return true;
  const ssize_t sent = ::send(socket_.get(), out.data(), out.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN;
  out.erase(0, static_cast<std::size_t>(sent));
  return true;
}

}  // namespace parley::limit
