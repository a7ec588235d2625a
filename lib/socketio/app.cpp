#include "socketio/app.hpp"

#include <signal.h>

#include <charconv>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "http/server.hpp"

namespace parley::socketio {
namespace {

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

template <class Number>
Number parse_number(std::string_view name, std::string_view text) {
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
    throw std::invalid_argument(std::string{name} + " takes a number, not '" + std::string{text} +
                                "'");
  }
  return number;
}

void report(std::string_view name, std::string_view what) {
  std::cerr << std::string{name}.append(": ").append(what) + "\n";
}

}  // namespace

AppConfig AppConfig::from_arguments(int argc, char** argv, std::uint16_t port) {
  AppConfig config;
  config.port = port;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(std::string{name} + " takes a value");
    const std::string_view value = argv[i + 1];
    if (name == "--host") {
      config.host = value;
    } else if (name == "--port") {
      config.port = parse_number<std::uint16_t>(name, value);
    } else if (name == "--shards") {
      config.shards = parse_number<unsigned>(name, value);
    } else {
      throw std::invalid_argument("unknown option " + std::string{name});
    }
  }
  return config;
}

/// In the order in which they are needed: the last goes first.
struct App::Parts {
  explicit Parts(AppConfig given)
      : config(std::move(given)),
        shards(config.shards),
        prepared(config.prepare ? config.prepare(shards, config.socketio) : nullptr),
        io(shards, config.socketio) {
    router.mount(io.engine().config().path, io.endpoint());
  }

  void listen() {
    http::Config settings;
    settings.port = config.port;
    settings.host = config.host.empty() ? "::" : config.host;
    try {
      server.emplace(shards, settings, router);
    } catch (const std::system_error&) {
      if (!config.host.empty()) throw;
      settings.host = "0.0.0.0";  // a machine without IPv6
      server.emplace(shards, settings, router);
    }
  }

  /// Lets the closing frames out, for as long as that takes, but not for ever.
  void close_clients() {
    using namespace std::chrono_literals;
    server->drain();
    io.close();
    for (int i = 0; i < 100; ++i) {
      const auto counts = io.engine().counts();
      if (counts.polling + counts.websocket == 0) break;
      std::this_thread::sleep_for(10ms);
    }
    shards.stop();
  }

  AppConfig config;
  net::Shards shards;
  std::shared_ptr<void> prepared;
  http::Router router;
  Server io;
  std::optional<http::Server> server;
};

App::App(AppConfig config) {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  net::set_escape_reporter(report);
  parts_ = std::make_unique<Parts>(std::move(config));
}

App::~App() = default;

Server& App::io() { return parts_->io; }
Namespace& App::of(const std::string& nsp) { return parts_->io.of(nsp); }
net::Shards& App::shards() { return parts_->shards; }
http::Router& App::router() { return parts_->router; }

std::uint16_t App::port() const { return parts_->server->port(); }

int App::run() {
  parts_->listen();
  parts_->shards.start();
  std::cout << "listening on port " + std::to_string(parts_->server->port()) << std::endl;
  const sigset_t set = end_signals();
  int signal = 0;
  sigwait(&set, &signal);
  parts_->close_clients();
  return 0;
}

}  // namespace parley::socketio
