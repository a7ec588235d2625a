// The server that the official protocol suites talk to: a bare Engine.IO echo at /engine.io/,
// Socket.IO at /socket.io/ with the namespaces / and /custom. Source: socketio/socket.io,
// docs/*-protocol/*-test-suite.
#include "socketio/app.hpp"

using namespace parley;
using namespace std::chrono_literals;

namespace {

/// Sends back what it is sent.
class EchoSession final : public engineio::SessionHandler {
 public:
  explicit EchoSession(engineio::Session& session) : session_(session) {}
  void on_text(std::string_view text) override { session_.send(engineio::Message::text(text)); }
  void on_binary(std::string_view bytes) override {
    session_.send(engineio::Message::binary(bytes));
  }
  void on_close(engineio::CloseReason) override {}

 private:
  engineio::Session& session_;
};

class Echo final : public engineio::Application {
 public:
  std::unique_ptr<engineio::SessionHandler> on_session(engineio::Session& session) override {
    return std::make_unique<EchoSession>(session);
  }
};

void set_up(engineio::Config& engine) {
  engine.ping_interval = 300ms;
  engine.ping_timeout = 200ms;
  engine.max_payload = 1'000'000;
}

socketio::AppConfig settings(int argc, char** argv) {
  auto config = socketio::AppConfig::from_arguments(argc, argv);
  set_up(config.socketio.engine);
  config.socketio.connect_timeout = 1s;
  return config;
}

engineio::Config echo_settings() {
  engineio::Config config;
  set_up(config);
  return config;
}

void greet(const std::shared_ptr<socketio::Socket>& socket) {
  socket->emit("auth", socketio::Payload::of({socket->handshake().auth}));
}

}  // namespace

int main(int argc, char** argv) {
  Echo echo;
  socketio::App app{settings(argc, argv)};
  engineio::Server engine{app.shards(), echo_settings(), echo};
  app.router().mount("/engine.io/", engine.endpoint());

  app.of("/custom").on_connection(greet);
  auto& nsp = app.of("/");
  nsp.on_connection(greet);
  nsp.on("message", [](const auto& socket, socketio::Event& event) {
    socket->emit("message-back", event.payload());
  });
  nsp.on("message-with-ack",
         [](const auto&, socketio::Event& event) { event.ack()(event.payload()); });
  return app.run();
}
