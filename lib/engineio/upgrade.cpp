#include "engineio/upgrade.hpp"

#include <utility>

#include "engineio/fixed_packets.hpp"

namespace parley::engineio {
namespace {

/// For a WebSocket that is closed as soon as it is open.
class Nobody final : public websocket::Handler {
 public:
  void on_text(std::string_view) override {}
  void on_binary(std::string_view) override {}
  void on_closed(websocket::Ending) override {}
};

}  // namespace

websocket::Connection& accept_websocket(http::Exchange& exchange,
                                        const websocket::Handshake& handshake,
                                        const http::Headers& extra, websocket::Handler& handler,
                                        const websocket::Config& config, std::string& leftover) {
  net::Connection& connection = exchange.take_over(leftover);
  auto made =
      std::make_unique<websocket::Connection>(connection, handler, config, handshake.deflate);
  websocket::Connection& socket = *made;
  connection.set_protocol(std::move(made));
  connection.send(websocket::switching_protocols(handshake, extra));
  return socket;
}

void accept_and_close(http::Exchange& exchange, const websocket::Handshake& handshake,
                      const http::Headers& extra, const websocket::Config& config) {
  static Nobody nobody;
  std::string leftover;
  accept_websocket(exchange, handshake, extra, nobody, config, leftover).close();
}

void Upgrade::start(websocket::Connection& socket, SteadyTime deadline) {
  socket_ = &socket;
  deadline_.start(deadline);
}

websocket::Connection& Upgrade::take() {
  deadline_.stop();
  return *std::exchange(socket_, nullptr);
}

void Upgrade::abort() {
  deadline_.stop();
  if (auto* socket = std::exchange(socket_, nullptr)) socket->close();
}

void Upgrade::on_text(std::string_view text) {
  if (text == "2probe") {
    socket_->send(FixedPackets::all().probe_answer.frame());
    owner_.on_probe();
  } else if (text == "5") {
    owner_.on_upgrade();
  } else {
    fail();
  }
}

void Upgrade::on_binary(std::string_view) { fail(); }

void Upgrade::on_closed(websocket::Ending) {
  socket_ = nullptr;
  fail();
}

void Upgrade::fail() {
  abort();
  owner_.on_upgrade_failed();
}

}  // namespace parley::engineio
