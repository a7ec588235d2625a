// A server made from the installed package, and its test double.
#include "socketio/app.hpp"
#include "socketio/testing.hpp"

using namespace parley::socketio;

namespace {

bool answers_its_test_client() {
  parley::net::Shards shards{1};
  Server io{shards, {}};
  io.of("/").on("ping", [](const auto&, Event& event) { event.ack()(event.payload()); });
  TestClient client{io, shards};
  const auto answer = client.connect() ? client.emit_with_ack("ping", {"[1]", {}}) : std::nullopt;
  return answer && answer->json == "[1]";
}

}  // namespace

int main(int argc, char** argv) {
  if (!answers_its_test_client()) return 1;
  App app{AppConfig::from_arguments(argc, argv)};
  app.of("/").on_any(
      [](const auto& socket, Event& event) { socket->emit(event.name(), event.payload()); });
  return app.run();
}
