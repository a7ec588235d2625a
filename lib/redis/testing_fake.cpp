#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <stdexcept>

#include "redis/testing.hpp"

namespace parley::redis::testing {

namespace {

/// The number after `type` at `at`, and `at` moved behind its line; nullopt when it is not all
/// there.
std::optional<std::size_t> take_length(std::string_view bytes, std::size_t& at) {
  const std::size_t end = bytes.find("\r\n", at);
  if (end == bytes.npos) return std::nullopt;
  std::size_t value = 0;
  std::from_chars(bytes.data() + at + 1, bytes.data() + end, value);
  at = end + 2;
  return value;
}

/// Where the command that begins at `at` ends; nullopt when it is not all there.
std::optional<std::size_t> end_of_command(std::string_view bytes, std::size_t at) {
  const auto words = take_length(bytes, at);
  if (!words) return std::nullopt;
  for (std::size_t i = 0; i < *words; ++i) {
    const auto size = take_length(bytes, at);
    if (!size || at + *size + 2 > bytes.size()) return std::nullopt;
    at += *size + 2;
  }
  return at;
}

}  // namespace

/// What the acceptor and the connections' threads share.
struct FakeServer::State {
  Script script;
  int listener = -1;
  std::uint16_t port = 0;
  std::mutex mutex;  ///< Guards what follows.
  std::vector<int> sockets;
  std::vector<std::thread> threads;
  std::size_t connections = 0;
  bool is_over = false;
};

bool FakeServer::Peer::read_more() {
  std::array<char, 4096> buffer;
  const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

bool FakeServer::Peer::take_commands(std::size_t count) {
  while (count > 0) {
    if (const auto end = end_of_command(received_, commands_taken_)) {
      commands_taken_ = *end;
      --count;
    } else if (!read_more()) {
      return false;
    }
  }
  return true;
}

bool FakeServer::Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void FakeServer::Peer::stay_silent() {
  while (read_more()) received_.clear();
}

FakeServer::FakeServer(Script script) : state_(std::make_shared<State>()) {
  state_->script = std::move(script);
  state_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(state_->listener, raw, size) != 0 || ::listen(state_->listener, 64) != 0 ||
      ::getsockname(state_->listener, raw, &size) != 0) {
    throw std::runtime_error("no free port on 127.0.0.1");
  }
  state_->port = ntohs(address.sin_port);
  acceptor_ = std::thread{&FakeServer::accept_all, state_};
}

FakeServer::~FakeServer() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->is_over = true;
    for (const int socket : state_->sockets) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(state_->listener, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : state_->threads) thread.join();
  ::close(state_->listener);
}

void FakeServer::accept_all(std::shared_ptr<State> state) {
  for (;;) {
    const int socket = ::accept4(state->listener, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock{state->mutex};
    if (socket < 0) return;
    if (state->is_over) {
      ::close(socket);
      return;
    }
    ++state->connections;
    state->sockets.push_back(socket);
    state->threads.emplace_back(&FakeServer::serve, state, socket);
  }
}

void FakeServer::serve(std::shared_ptr<State> state, int socket) {
  Peer peer{socket};
  if (peer.take_commands(2) && peer.send("+OK\r\n+PONG\r\n")) state->script(peer);
  const std::lock_guard lock{state->mutex};
  std::erase(state->sockets, socket);
  ::close(socket);
}

Config FakeServer::config() const {
  Config config;
  config.port = state_->port;
  config.backoff_min = std::chrono::milliseconds{5};
  config.backoff_max = std::chrono::milliseconds{50};
  return config;
}

std::size_t FakeServer::connections() const {
  const std::lock_guard lock{state_->mutex};
  return state_->connections;
}

}  // namespace parley::redis::testing
