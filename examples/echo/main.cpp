// A whole Socket.IO server: answers every event, and every acknowledgement, with what came.
#include "socketio/app.hpp"

using namespace parley;

int main(int argc, char** argv) {
  socketio::App app{socketio::AppConfig::from_arguments(argc, argv)};
  app.of("/").on_any([](const auto& socket, socketio::Event& event) {
    socket->emit(event.name(), event.payload());
    if (event.ack()) event.ack()(event.payload());
  });
  return app.run();
}
