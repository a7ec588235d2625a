#include "load/loop.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/authority.hpp"

namespace parley::load {

namespace {
constexpr std::size_t buffer_size = 256 << 10;
constexpr std::size_t events_a_turn = 512;
/// Of an address's 28,000 ports, as they commonly are; those left a moment ago count as taken.
/// Where most are, the kernel looks at thousands for each connection.
constexpr std::size_t connections_an_address = 2'000;

timespec time_until(SteadyTime deadline) {
  using std::chrono::nanoseconds;
  constexpr nanoseconds longest = std::chrono::milliseconds{100};
  const auto left = std::chrono::duration_cast<nanoseconds>(
      std::min(deadline, std::chrono::steady_clock::now() + longest) -
      std::chrono::steady_clock::now());
  return {0, std::clamp(left, nanoseconds{0}, longest).count()};
}

/// A source address of its own, in 127.0.0.0/8, for each 2,000 connections to a loopback server.
void choose_source(int descriptor, const Address& address, std::size_t number) {
  if (address.storage.ss_family != AF_INET) return;
  sockaddr_in target;
  std::memcpy(&target, &address.storage, sizeof target);
  if (ntohl(target.sin_addr.s_addr) >> 24 != 127) return;
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr =
      htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number / connections_an_address));
  const int yes = 1;
  ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  std::array<char, sizeof(sockaddr_in)> bytes;
  std::memcpy(bytes.data(), &source, sizeof source);
  ::bind(descriptor, reinterpret_cast<const sockaddr*>(bytes.data()), sizeof source);
}

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(new char[buffer_size]) {
  if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
}

Loop::~Loop() { ::close(epoll_); }

void Loop::turn(SteadyTime deadline) {
  flush();
  static thread_local std::array<epoll_event, events_a_turn> events;
  const timespec timeout = time_until(deadline);
  const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  ready_.clear();
  for (int i = 0; i < count; ++i)
    ready_.push_back(static_cast<Stream*>(events[static_cast<std::size_t>(i)].data.ptr));
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    if (ready_[i] != nullptr) ready_[i]->on_events(events[i].events, {buffer_.get(), buffer_size});
  }
  ready_.clear();
  flush();
}

void Loop::flush() {
  // A stream that ends while it is flushed may make others write.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    if (dirty_[i] != nullptr) dirty_[i]->flush();
  }
  dirty_.clear();
}

void Loop::forget(const Stream& stream) {
  std::replace(ready_.begin(), ready_.end(), const_cast<Stream*>(&stream),
               static_cast<Stream*>(nullptr));
  if (stream.dirty_)
    std::replace(dirty_.begin(), dirty_.end(), const_cast<Stream*>(&stream),
                 static_cast<Stream*>(nullptr));
}

Result<Address> resolve(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme))
    return fail(Errc::bad_request, "The address '" + url + "' does not begin with http://");
  Address address;
  address.host = url.substr(scheme.size(), url.find('/', scheme.size()) - scheme.size());
  const auto place = parse_authority(address.host);
  if (!place) return fail(Errc::bad_request, "The address '" + url + "' has no host and port");
  const std::string port = std::to_string(place->port.value_or(80));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(place->host.c_str(), port.c_str(), &hints, &found); code != 0)
    return fail(Errc::unavailable, "The address '" + url + "': " + ::gai_strerror(code));
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

void Stream::connect(const Address& address, std::size_t number) {
  close();
  descriptor_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return end(errno);
  const int yes = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  choose_source(descriptor_, address, number);
  connecting_ = true;
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.ptr = this;
  ::epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, descriptor_, &event);
  const auto* target = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(descriptor_, target, address.size) != 0 && errno != EINPROGRESS) end(errno);
}

std::string& Stream::out() {
  if (!dirty_ && !blocked_) {
    dirty_ = true;
    loop_.flush_later(*this);
  }
  return out_;
}

void Stream::close() {
  if (descriptor_ < 0) return;
  loop_.forget(*this);
  ::close(descriptor_);
  descriptor_ = -1;
  connecting_ = dirty_ = blocked_ = false;
  out_ = {};
}

void Stream::watch(bool writable) {
  epoll_event event{};
  event.events = EPOLLIN | (writable ? EPOLLOUT : 0u);
  event.data.ptr = this;
  ::epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, descriptor_, &event);
}

void Stream::end(int error) {
  close();
  handler_.on_end(error == 0 ? "closed by the server" : std::strerror(error));
}

void Stream::on_events(std::uint32_t events, std::span<char> buffer) {
  if (connecting_) return finish_connecting();
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    watch(false);
    flush();
  }
  if (!is_closed() && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(buffer);
}

void Stream::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return end(error);
  connecting_ = false;
  watch(false);
  handler_.on_open();
}

void Stream::read(std::span<char> buffer) {
  const auto count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (count > 0) return handler_.on_bytes({buffer.data(), static_cast<std::size_t>(count)});
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  end(count == 0 ? 0 : errno);
}

void Stream::flush() {
  dirty_ = false;
  if (is_closed() || connecting_ || blocked_ || out_.empty()) return;
  const auto count = ::send(descriptor_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) return end(errno);
  const auto sent = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  if (sent == out_.size()) {
    out_.clear();
    // An idle connection keeps no large buffer.
    if (out_.capacity() > 4096) out_ = {};
    return;
  }
  out_.erase(0, sent);
  blocked_ = true;
  watch(true);
}

Result<Done> allow_files(std::size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return Done{};
  if (limit.rlim_max < count) {
    limit.rlim_max = count;  // Root may.
    limit.rlim_cur = count;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return Done{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return fail(Errc::overloaded, "This process may open " + std::to_string(limit.rlim_max) +
                                      " files, and needs " + std::to_string(count) +
                                      ": raise the limit (ulimit -Hn), here and for the server");
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    return fail(Errc::internal, "The limit of open files cannot be raised");
  return Done{};
}

}  // namespace parley::load
