#include "net/listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <future>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/descriptor.hpp"
#include "base/single_writer.hpp"
#include "net/detail/origin.hpp"
#include "net/detail/poller.hpp"
#include "net/detail/socket_connection.hpp"

namespace parley::net {

namespace {
constexpr int accepts_per_turn = 64;
/// Beyond the limit: newcomers for whom their shards have not looked for room yet.
constexpr std::uint64_t most_arriving = 256;
constexpr std::chrono::milliseconds rest{100};

struct AddressesDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::unique_ptr<addrinfo, AddressesDeleter> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                   std::to_string(port).c_str(), &hints, &list);
  if (failed != 0) {
    throw std::system_error(std::make_error_code(std::errc::address_not_available),
                            "cannot listen on " + host + ": " + ::gai_strerror(failed));
  }
  return std::unique_ptr<addrinfo, AddressesDeleter>{list};
}

/// Bound and listening; empty, with errno, when it cannot.
Descriptor listen_on(const addrinfo& address) {
  Descriptor socket{::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return {};
  const int yes = 1, no = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (address.ai_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  }
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0) return {};
  if (::listen(socket.get(), 4096) != 0) return {};
  return socket;
}

Descriptor listen_on(const std::string& host, std::uint16_t port) {
  const auto addresses = resolve(host, port);
  int error = EADDRNOTAVAIL;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    if (auto socket = listen_on(*address)) return socket;
    error = errno;
  }
  throw std::system_error(
      error, std::generic_category(),
      "cannot listen on " + host + (port == 0 ? "" : " port " + std::to_string(port)));
}

detail::Peer peer_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return {text, ntohs(v6.sin6_port)};
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return peer_of(address).port;
}
}  // namespace

Result<Done> may_listen_at(const std::string& host, std::uint16_t port) {
  try {
    listen_on(host, port);
    return Done{};
  } catch (const std::system_error& error) {
    const bool is_taken = error.code() == std::errc::address_in_use;
    const bool is_forbidden = error.code() == std::errc::permission_denied;
    return fail(is_taken       ? Errc::conflict
                : is_forbidden ? Errc::forbidden
                               : Errc::bad_request,
                error.what());
  }
}

/// The listening half, on shard 0. Shared with the waits that are under way.
class Listener::Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(Shards& shards, Descriptor socket, ConnectionLimits limits, Accept accept)
      : origin_(std::make_shared<detail::Origin>(limits, shards, std::move(accept))),
        port_(bound_port(socket.get())),
        shards_(shards),
        socket_(shards[0].executor(), socket.release()),
        pause_(Timer::calling<&Acceptor::wait>(shards[0].timers(), *this)) {}

  void wait();
  void close();
  std::uint16_t port() const { return port_; }
  Counts counts() const;
  detail::Origin& origin() { return *origin_; }
  Shard& home() { return shards_[0]; }

 private:
  void on_ready();
  /// False when there is nothing (or no way) to accept for now.
  bool accept_one();
  bool on_accept_error(int error);
  void deal(Descriptor socket, detail::Peer peer);

  std::shared_ptr<detail::Origin> origin_;
  std::uint16_t port_;
  Shards& shards_;
  asio::posix::basic_stream_descriptor<Executor> socket_;
  Timer pause_;
  std::size_t next_shard_ = 0;
  SingleWriter<std::uint64_t> accepted_, refused_, pauses_;
};

void Listener::Acceptor::wait() {
  if (!socket_.is_open()) return;
  socket_.async_wait(asio::posix::descriptor_base::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error) self->on_ready();
                     });
}

void Listener::Acceptor::close() {
  pause_.stop();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Listener::Acceptor::on_ready() {
  if (!socket_.is_open()) return;
  for (int i = 0; i < accepts_per_turn; ++i) {
    if (!accept_one()) break;
  }
  if (!pause_.is_running()) wait();
}

bool Listener::Acceptor::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Descriptor socket{::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!socket) return on_accept_error(errno);
  if (origin_->open + origin_->arriving >= origin_->limits.max_connections + most_arriving) {
    refused_.add();
    return true;
  }
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  accepted_.add();
  deal(std::move(socket), peer_of(address));
  return true;
}

bool Listener::Acceptor::on_accept_error(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) return false;
  if (error == ECONNABORTED || error == EINTR || error == EPROTO) return true;
  // No descriptors or no memory: the waiting peers stay ready, so asking again at once would spin.
  pauses_.add();
  pause_.start(home().now() + rest);
  return false;
}

void Listener::Acceptor::deal(Descriptor socket, detail::Peer peer) {
  ++origin_->arriving;
  Shard& shard = shards_[next_shard_++ % shards_.size()];
  shard.post(
      [&shard, socket = std::move(socket), peer = std::move(peer), origin = origin_]() mutable {
        --origin->arriving;
        if (!origin->accepting || !origin->take_place(shard)) return;
        const auto& first = origin->accept;
        shard.poller().adopt(std::move(socket), std::move(peer), origin, nullptr, first);
      });
}

Listener::Counts Listener::Acceptor::counts() const {
  Counts sum;
  sum.accepted = accepted_.value();
  sum.refused = refused_.value();
  sum.accept_pauses = pauses_.value();
  sum.open = origin_->open;
  for (const detail::ShardCounts& shard : origin_->counts) {
    sum.refused += shard.refused.value();
    sum.displaced += shard.displaced.value();
    sum.slow_consumers += shard.slow_consumers.value();
    sum.bytes_in += shard.bytes_in.value();
    sum.bytes_out += shard.bytes_out.value();
    sum.sends += shard.sends.value();
    sum.receives += shard.receives.value();
  }
  return sum;
}

Listener::Listener(Shards& shards, const std::string& host, std::uint16_t port,
                   ConnectionLimits limits, Accept accept)
    : acceptor_(
          std::make_shared<Acceptor>(shards, listen_on(host, port), limits, std::move(accept))) {
  shards[0].post([acceptor = acceptor_] { acceptor->wait(); });
}

Listener::~Listener() { stop_accepting(); }

std::uint16_t Listener::port() const { return acceptor_->port(); }

void Listener::stop_accepting() {
  if (!acceptor_->origin().accepting.exchange(false)) return;
  Shard& home = acceptor_->home();
  if (home.is_current() || !home.is_running()) {
    acceptor_->close();
    return;
  }
  std::promise<void> closed;
  home.post([acceptor = acceptor_, &closed] {
    acceptor->close();
    closed.set_value();
  });
  closed.get_future().wait();
}

Listener::Counts Listener::counts() const { return acceptor_->counts(); }

}  // namespace parley::net
