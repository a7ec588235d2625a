#include "net/detail/poller.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace parley::net {

namespace {
/// What one connection may cost of a turn goes by it: the smallest packets are some ten bytes.
constexpr std::size_t receive_size = 64 * 1024;
constexpr std::size_t scratch_size = 64 * 1024;
constexpr std::size_t max_spare_outboxes = 1024;

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

/// A callback's exception ends its connection, never the loop.
template <class Call>
void guarded(Shard& shard, detail::SocketConnection& connection, Call call) {
  try {
    call();
  } catch (...) {
    shard.report("connection", std::current_exception());
    connection.close();
  }
}
}  // namespace

Poller::Poller(Shard& shard)
    : shard_(shard),
      epoll_(shard.executor(), make_epoll()),
      lobby_(make_epoll()),
      receive_buffer_(receive_size),
      send_scratch_(scratch_size) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, lobby_.get(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

Poller::~Poller() {
  for (const auto& connection : connections_) {
    if (connection) connection->abandon();
  }
}

void Poller::adopt(Descriptor socket, detail::Peer peer, std::shared_ptr<detail::Origin> origin,
                   std::unique_ptr<detail::Outbox> unsent,
                   const std::function<std::unique_ptr<Protocol>(Connection&)>& first) {
  if (std::find(origins_.begin(), origins_.end(), origin) == origins_.end())
    origins_.push_back(origin);
  const auto number = static_cast<std::size_t>(socket.get());
  if (connections_.size() <= number) connections_.resize(number + 1);
  assert(!connections_[number]);
  connections_[number] = std::make_unique<detail::SocketConnection>(
      *this, *origin, std::move(socket), std::move(peer), std::move(unsent));
  detail::SocketConnection& connection = *connections_[number];
  connection.set_expendable(true);
  if (!connection.watch()) {
    connection.close();
    return;
  }
  guarded(shard_, connection, [&] {
    if (auto protocol = first(connection)) connection.set_protocol(std::move(protocol));
  });
  if (!connection.has_protocol()) connection.close();
  if (!std::exchange(waiting_, true)) wait();
}

void Poller::wait() {
  epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (!error) on_ready();
                    });
}

void Poller::on_ready() {
  const detail::Look look = serve_established();
  if (detail::LobbyShare::is_due(look)) serve_lobby();
  wait();
}

detail::Look Poller::serve_established() {
  const int ready =
      ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  detail::Look look;
  look.found = static_cast<std::size_t>(std::max(ready, 0));
  look.is_full = look.found == events_.size();
  for (const epoll_event& event : std::span{events_}.first(look.found)) {
    auto* connection = static_cast<detail::SocketConnection*>(event.data.ptr);
    if (connection == nullptr) {
      look.saw_lobby = true;
    } else if (!connection->can_wait(event.events)) {
      serve(event);
    } else if (!connection->is_gone()) {
      change_sets(*connection);
      ++look.left;
    }
  }
  return look;
}

void Poller::serve_lobby() {
  lobby_share_.begin(std::chrono::steady_clock::now());
  const auto handful = std::span{events_}.first(lobby_share_.handful());
  std::size_t found = 0;
  do {
    const int ready =
        ::epoll_wait(lobby_.get(), handful.data(), static_cast<int>(handful.size()), 0);
    found = static_cast<std::size_t>(std::max(ready, 0));
    for (const epoll_event& event : handful.first(found)) {
      serve(event);
      auto& connection = *static_cast<detail::SocketConnection*>(event.data.ptr);
      if (!connection.is_gone() && !connection.can_wait(event.events)) change_sets(connection);
    }
  } while (lobby_share_.goes_on(found, std::chrono::steady_clock::now()));
  // Behind the turn's end, which writes what waits to be sent. The shortest sleep there is: some
  // 60 µs, most of it Linux's timer slack.
  if (lobby_share_.takes_rest(std::chrono::steady_clock::now()))
    shard_.post([] { std::this_thread::sleep_for(std::chrono::nanoseconds{1}); });
}

void Poller::serve(const epoll_event& event) {
  auto& connection = *static_cast<detail::SocketConnection*>(event.data.ptr);
  guarded(shard_, connection, [&] { connection.on_events(event.events); });
}

void Poller::change_sets(detail::SocketConnection& connection) {
  if (!connection.change_sets()) connection.close();
}

bool Poller::set_events(detail::SocketConnection& connection, int operation, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &connection;
  const int set = connection.is_in_lobby() ? lobby_.get() : epoll_.native_handle();
  return ::epoll_ctl(set, operation, connection.socket(), &event) == 0;
}

bool Poller::make_room(const detail::Origin& origin) {
  const auto first = std::ranges::find_if(
      expendables_, [&origin](const auto& connection) { return connection.is_from(origin); });
  if (first == expendables_.end()) return false;
  first->give_way();
  return true;
}

void Poller::set_expendable(detail::SocketConnection& connection, bool may) {
  if (connection.expendable.is_linked() == may) return;
  connection.counts().expendable.add(may ? 1 : -1);
  if (may) {
    expendables_.push_back(connection);
  } else {
    connection.expendable.unlink();
  }
}

void Poller::watch_dirty(detail::SocketConnection& connection) {
  dirty_.push_back(&connection);
  schedule_turn_end();
}

void Poller::bury(int socket) {
  buried_.push_back(std::move(connections_[static_cast<std::size_t>(socket)]));
  schedule_turn_end();
}

void Poller::announce_end(std::unique_ptr<Protocol> protocol, CloseCause cause) {
  endings_.push_back({std::move(protocol), cause});
  schedule_turn_end();
}

void Poller::retire(std::unique_ptr<Protocol> protocol) {
  retired_.push_back(std::move(protocol));
  schedule_turn_end();
}

void Poller::schedule_turn_end() {
  if (std::exchange(turn_end_scheduled_, true)) return;
  shard_.post([this] { on_turn_end(); });
}

void Poller::on_turn_end() {
  turn_end_scheduled_ = false;
  // What the calls below add waits for the next turn's end; what is destroyed here was closed
  // before: the protocols that were told, then their connections, which are open until then.
  const auto retired = std::exchange(retired_, {});
  const auto buried = std::exchange(buried_, {});
  auto endings = std::exchange(endings_, {});
  flushing_.swap(dirty_);
  for (detail::SocketConnection* connection : flushing_) {
    guarded(shard_, *connection, [connection] { connection->on_turn_end(); });
  }
  flushing_.clear();
  for (Ending& ending : endings) {
    try {
      ending.protocol->on_closed(ending.cause);
    } catch (...) {
      shard_.report("connection", std::current_exception());
    }
  }
  if (!buried.empty())
    std::erase_if(dirty_, [](const auto* connection) { return connection->is_gone(); });
}

std::unique_ptr<detail::Outbox> Poller::take_outbox() {
  if (spare_outboxes_.empty()) return std::make_unique<detail::Outbox>();
  auto outbox = std::move(spare_outboxes_.back());
  spare_outboxes_.pop_back();
  return outbox;
}

void Poller::recycle(std::unique_ptr<detail::Outbox> outbox) {
  if (spare_outboxes_.size() >= max_spare_outboxes) return;
  outbox->clear();
  spare_outboxes_.push_back(std::move(outbox));
}

std::shared_ptr<detail::Origin> Poller::origin_of(const detail::Origin& origin) {
  return *std::find_if(origins_.begin(), origins_.end(),
                       [&origin](const auto& known) { return known.get() == &origin; });
}

}  // namespace parley::net
