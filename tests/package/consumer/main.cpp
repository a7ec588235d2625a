// A server made from the installed package, and its test double.
#include "redis/client.hpp"
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

/// A Redis client that finds nobody, and says so.
bool knows_redis() {
  parley::net::Shards shards{1};
  const auto config = parley::redis::parse_url("redis://127.0.0.1:1/2");
  return config && !parley::redis::Client{shards[0], *config, "consumer"}.is_connected();
}

}  // namespace

int main(int argc, char** argv) {
  if (!answers_its_test_client() || !knows_redis()) return 1;
  App app{AppConfig::from_arguments(argc, argv)};
  app.of("/").on_any(
      [](const auto& socket, Event& event) { socket->emit(event.name(), event.payload()); });
  return app.run();
}
