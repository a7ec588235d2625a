#include "relay.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/time.hpp"

namespace parley::limit {

namespace {
int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

Descriptor listen_on(std::uint16_t port) {
  Descriptor socket{
      checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")};
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "bind");
  checked(::listen(socket.get(), 4096), "listen");
  return socket;
}

void watch(int epoll, int socket) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  checked(::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
}
}  // namespace

Relay::Relay(Log& log, std::uint16_t port)
    : log_(log),
      listener_(listen_on(port)),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      on_text_([this](Client& client, std::string_view text) { on_text(client, text); }),
      buffer_(128 * 1024) {
  watch(epoll_.get(), listener_.get());
}

void Relay::run(const volatile std::sig_atomic_t& stopped) {
  while (stopped == 0) turn();
}

void Relay::turn() {
  // Receipts wait for the next message to share its sync, but not for long.
  const int wait = delivered_.empty() ? 100 : 2;
  const int ready =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), wait);
  now_ = to_iso8601(wall_now());
  for (int i = 0; i < ready; ++i) {
    const int socket = events_[static_cast<std::size_t>(i)].data.fd;
    if (socket == listener_.get()) {
      accept_all();
    } else if (Client* client = clients_[static_cast<std::size_t>(socket)].get()) {
      receive(*client);
    }
  }
  for (const Stored& stored : delivered_) log_.append(to_hex(stored.message.id));
  if (!log_.is_empty()) log_.sync();
  announce_receipts();
  for (Stored& stored : arrived_) announce(stored);
  arrived_.clear();
  flush_all();
}

void Relay::accept_all() {
  for (;;) {
    Descriptor socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) return;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(epoll_.get(), socket.get());
    const auto number = static_cast<std::size_t>(socket.get());
    if (clients_.size() <= number) clients_.resize(number + 1);
    clients_[number] = std::make_unique<Client>(std::move(socket), on_text_);
  }
}

void Relay::receive(Client& client) {
  const ssize_t received = ::recv(client.socket(), buffer_.data(), buffer_.size(), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const bool is_good =
      received > 0 && client.on_bytes(std::span(buffer_).first(static_cast<std::size_t>(received)));
  if (!is_good) return drop(client);
  if (!client.out.empty()) touch(client);
}

void Relay::on_text(Client& client, std::string_view text) {
  if (text.starts_with("40")) return on_connect(client, text);
  if (text.starts_with("42") && !client.user.empty()) store(client, text);
}

void Relay::on_connect(Client& client, std::string_view text) {
  client.user = user_of(string_in(text, "\"token\":"));
  if (!client.user.empty()) by_user_[client.user] = &client;
  FrameWriter{client.out, scratch_}.text(client.user.empty() ? R"(44{"message":"Auth failed"})"
                                                             : R"(40{"sid":"limit"})");
}

/// Puts a send_message into the log's batch; other events are dropped.
void Relay::store(Client& client, std::string_view text) {
  const std::size_t name = text.find('[');
  if (name == std::string_view::npos || !text.substr(name).starts_with("[\"send_message\","))
    return;
  Stored& stored = arrived_.emplace_back();
  stored.sender = client.user;
  stored.receiver = string_in(text, "\"receiverId\":");
  stored.content = string_in(text, "\"content\":");
  stored.client_id = string_in(text, "\"clientId\":");
  stored.ack = text.substr(2, name - 2);
  const auto [low, high] = std::minmax(stored.sender, stored.receiver);
  const Time now = wall_now();
  Conversation& conversation = conversations_[low + high];
  if (conversation.id.empty()) conversation.id = to_hex(ids_.next(now));
  stored.conversation = &conversation;
  stored.message.id = ids_.next(now);
  stored.message.seq = ++conversation.seq;
  log_message(stored);
}

void Relay::log_message(const Stored& stored) {
  record_.assign(reinterpret_cast<const char*>(stored.message.id.data()), stored.message.id.size());
  record_.append(stored.conversation->id).append(stored.sender).append(stored.receiver);
  record_.append(std::to_string(stored.message.seq)).append(stored.client_id) += '\0';
  record_.append(stored.content);
  log_.append(record_);
}

void Relay::announce(Stored& stored) {
  Message& message = stored.message;
  message.conversation = stored.conversation->id;
  message.sender = stored.sender;
  message.receiver = stored.receiver;
  message.content = stored.content;
  message.client_id = stored.client_id;
  message.created_at = now_;
  Client* receiver = find(stored.receiver);
  if (receiver != nullptr) {
    FrameWriter to{receiver->out, scratch_};
    to.receive_message(message, false);
    to.conversation_updated(message, false, message.seq);
  }
  if (Client* sender = find(stored.sender)) {
    FrameWriter to{sender->out, scratch_};
    to.receive_message(message, true);
    to.conversation_updated(message, true, 0);
    to.message_sent(message);
    if (!stored.ack.empty()) to.acknowledgement(stored.ack, message);
  }
  if (receiver != nullptr) delivered_.push_back(std::move(stored));
}

void Relay::announce_receipts() {
  for (Stored& stored : delivered_) {
    Client* sender = find(stored.sender);
    if (sender == nullptr) continue;
    Message& message = stored.message;  // Moved since it was announced: its views are stale.
    message.conversation = stored.conversation->id;
    message.receiver = stored.receiver;
    message.created_at = now_;
    FrameWriter{sender->out, scratch_}.message_delivered(message);
  }
  delivered_.clear();
}

void Relay::flush_all() {
  for (Client* client : std::exchange(dirty_, {})) {
    client->dirty = false;
    if (!client->flush()) {
      drop(*client);
    } else if (!client->out.empty()) {
      touch(*client);  // The rest goes with the next turn.
    }
  }
}

Client* Relay::find(const std::string& user) {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return nullptr;
  touch(*found->second);
  return found->second;
}

void Relay::touch(Client& client) {
  if (std::exchange(client.dirty, true)) return;
  dirty_.push_back(&client);
}

void Relay::drop(Client& client) {
  if (const auto found = by_user_.find(client.user);
      found != by_user_.end() && found->second == &client)
    by_user_.erase(found);
  if (client.dirty) std::erase(dirty_, &client);
  clients_[static_cast<std::size_t>(client.socket())].reset();
}

}  // namespace parley::limit
