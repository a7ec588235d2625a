#include "net/detail/socket_connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "net/detail/poller.hpp"

namespace parley::net::detail {

namespace {
/// Bytes of one turn for one connection that are not left to wait for the turn's end.
constexpr std::size_t large_turn = 256 * 1024;
/// Receives of a newcomer until it has said who it is: the upgrade, then the connect.
constexpr std::uint8_t admission_receives = 2;
}  // namespace

SocketConnection::SocketConnection(Poller& poller, Origin& origin, Descriptor socket, Peer peer,
                                   std::unique_ptr<Outbox> unsent)
    : poller_(poller),
      origin_(origin),
      outbox_(std::move(unsent)),
      socket_(std::move(socket)),
      peer_(std::move(peer)) {}

SocketConnection::~SocketConnection() {
  // Not before: who waits for the last one may end the shards, and its protocol would not be told.
  if (counted_) --origin_.open;
}

void SocketConnection::set_expendable(bool may) {
  if (state_ == State::open) poller_.set_expendable(*this, may);
}

std::shared_ptr<void> SocketConnection::take_place() {
  if (!origin_.take_place(poller_.shard())) return nullptr;
  return {&origin_, [origin = origin_.shared_from_this()](void*) { --origin->open; }};
}

void SocketConnection::give_way() {
  counts().displaced.add();
  end(CloseCause::local);
}

Shard& SocketConnection::shard() { return poller_.shard(); }

ShardCounts& SocketConnection::counts() { return origin_.counts[poller_.shard().index()]; }

bool SocketConnection::watch() {
  watched_ = interest();
  if (outbox_) mark_dirty();
  return poller_.set_events(*this, EPOLL_CTL_ADD, watched_);
}

bool SocketConnection::change_sets() {
  poller_.set_events(*this, EPOLL_CTL_DEL, 0);
  in_lobby_ = !in_lobby_;
  return poller_.set_events(*this, EPOLL_CTL_ADD, watched_);
}

// Sending.

void SocketConnection::send(Frame frame, std::size_t offset) {
  if (offset >= frame->size() || !has_room()) return;
  if (!outbox_) outbox_ = poller_.take_outbox();
  // What leaves at the turn's end is copied sooner or later; what waits longer is shared.
  if (!blocked_ && frame->size() - offset <= Outbox::max_small) {
    outbox_->append(std::string_view{*frame}.substr(offset));
  } else {
    outbox_->append(std::move(frame), offset);
  }
  mark_dirty();
}

void SocketConnection::send(std::string_view bytes) {
  if (bytes.empty() || !has_room()) return;
  if (!outbox_) outbox_ = poller_.take_outbox();
  outbox_->append(bytes);
  mark_dirty();
}

bool SocketConnection::has_room() {
  if (state_ != State::open) return false;
  const std::size_t most = origin_.limits.most_queued(expendable.is_linked());
  // A large turn is not yet a slow peer: the kernel gets a part of it before the turn's end.
  if (!blocked_ && queued_bytes() > std::min(most, large_turn)) flush();
  if (state_ != State::open) return false;
  if (queued_bytes() <= most) return true;
  end(CloseCause::slow_consumer);
  return false;
}

void SocketConnection::mark_dirty() {
  if (dirty_ || blocked_) return;
  dirty_ = true;
  poller_.watch_dirty(*this);
}

void SocketConnection::on_turn_end() {
  dirty_ = false;
  if (is_gone()) return;
  if (outbox_ && !blocked_) flush();
  if (state_ == State::open && !outbox_) protocol_->on_drained();
}

void SocketConnection::flush() {
  while (send_some()) {
  }
}

bool SocketConnection::send_some() {
  std::array<iovec, 64> parts;
  const std::size_t count = outbox_->gather(parts, poller_.send_scratch());
  std::size_t offered = 0;
  for (std::size_t i = 0; i < count; ++i) offered += parts[i].iov_len;
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const ssize_t sent =
      count == 1 ? ::send(socket_.get(), parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                 : ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  counts().sends.add();
  if (sent < 0) {
    if (errno == EINTR) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      on_blocked();
    } else {
      end(CloseCause::error);
    }
    return false;
  }
  const auto taken = static_cast<std::size_t>(sent);
  counts().bytes_out.add(taken);
  outbox_->consume(taken);
  if (outbox_->empty()) {
    on_flushed();
    return false;
  }
  if (taken < offered) on_blocked();
  return taken == offered;
}

void SocketConnection::on_blocked() {
  blocked_ = true;
  if (state_ == State::open) start_deadline(origin_.limits.write_stall);
  update_interest();
}

void SocketConnection::on_flushed() {
  poller_.recycle(std::move(outbox_));
  blocked_ = false;
  if (state_ == State::flushing) {
    linger();
    return;
  }
  deadline_.reset();
  update_interest();
}

// Receiving.

bool SocketConnection::can_wait(std::uint32_t events) const {
  return receives_ < admission_receives || (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
}

void SocketConnection::on_events(std::uint32_t events) {
  if (is_gone()) return;
  if ((events & EPOLLERR) != 0) {
    end(CloseCause::error);
    return;
  }
  if ((events & EPOLLOUT) != 0 && blocked_) {
    flush();
    if (state_ == State::open && !outbox_) protocol_->on_drained();
    if (is_gone()) return;
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) == 0 || peer_ended_) return;
  if (!paused_) {
    receive();
  } else if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) {
    on_peer_end();
  }
}

void SocketConnection::receive() {
  const auto buffer = poller_.receive_buffer();
  const ssize_t received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  counts().receives.add();
  if (receives_ < admission_receives) ++receives_;
  if (received > 0) {
    const auto bytes = static_cast<std::size_t>(received);
    counts().bytes_in.add(bytes);
    if (state_ == State::open) protocol_->on_bytes(buffer.first(bytes));
  } else if (received == 0) {
    on_peer_end();
  } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    end(CloseCause::error);
  }
}

void SocketConnection::on_peer_end() {
  peer_ended_ = true;
  if (state_ == State::lingering) {
    end(CloseCause::local);
  } else if (state_ == State::flushing) {
    update_interest();
  } else {
    if (outbox_ && !blocked_) flush();
    if (is_gone()) return;
    if (!outbox_) {
      end(CloseCause::peer);
      return;
    }
    // The peer may still be reading: the protocol is told now, and what was sent goes on leaving.
    poller_.announce_end(std::move(protocol_), CloseCause::peer);
    set_expendable(true);
    state_ = State::flushing;
    start_deadline(origin_.limits.linger);
    update_interest();
  }
}

void SocketConnection::pause() {
  if (state_ != State::open) return;
  paused_ = true;
  update_interest();
}

void SocketConnection::resume() {
  paused_ = false;
  if (state_ == State::open) update_interest();
}

std::uint32_t SocketConnection::interest() const {
  std::uint32_t events = blocked_ ? EPOLLOUT : 0U;
  if (!peer_ended_) events |= EPOLLRDHUP;
  if (!peer_ended_ && !paused_) events |= EPOLLIN;
  return events;
}

void SocketConnection::update_interest() {
  const std::uint32_t events = interest();
  if (events == watched_ || is_gone()) return;
  watched_ = events;
  poller_.set_events(*this, EPOLL_CTL_MOD, events);
}

// The end.

void SocketConnection::close_after_flush() {
  if (state_ != State::open) return;
  set_expendable(true);
  state_ = State::flushing;
  paused_ = false;
  start_deadline(origin_.limits.linger);
  update_interest();
  if (!outbox_) linger();
}

void SocketConnection::linger() {
  state_ = State::lingering;
  if (peer_ended_ || ::shutdown(socket_.get(), SHUT_WR) != 0) {
    end(CloseCause::local);
    return;
  }
  update_interest();
}

void SocketConnection::start_deadline(std::chrono::milliseconds duration) {
  if (!deadline_) {
    deadline_ = std::make_unique<Timer>(shard().timers(), this, [](void* self) {
      static_cast<SocketConnection*>(self)->on_deadline();
    });
  }
  deadline_->start(shard().now() + duration);
}

void SocketConnection::on_deadline() {
  end(state_ == State::open ? CloseCause::slow_consumer : CloseCause::local);
}

void SocketConnection::end(CloseCause cause) {
  if (is_gone()) return;
  state_ = State::gone;
  poller_.set_expendable(*this, false);
  if (cause == CloseCause::slow_consumer) counts().slow_consumers.add();
  deadline_.reset();
  blocked_ = false;
  if (outbox_) poller_.recycle(std::move(outbox_));
  poller_.bury(socket_.get());
  socket_.reset();
  if (protocol_) poller_.announce_end(std::move(protocol_), cause);
}

void SocketConnection::set_protocol(std::unique_ptr<Protocol> protocol) {
  assert(protocol);
  if (is_gone()) {
    poller_.announce_end(std::move(protocol), CloseCause::local);
    return;
  }
  if (protocol_) poller_.retire(std::move(protocol_));
  protocol_ = std::move(protocol);
}

void SocketConnection::move_to(Shard& target, std::function<void(Connection&)> arrive) {
  if (state_ != State::open) return;
  state_ = State::gone;
  poller_.set_expendable(*this, false);
  counted_ = false;  // the connection goes on to be counted as the one that arrives
  deadline_.reset();
  poller_.set_events(*this, EPOLL_CTL_DEL, 0);
  poller_.bury(socket_.get());
  if (protocol_) poller_.retire(std::move(protocol_));
  target.post([&target, arrive = std::move(arrive), socket = std::move(socket_),
               peer = std::move(peer_), unsent = std::move(outbox_),
               origin = poller_.origin_of(origin_)]() mutable {
    target.poller().adopt(std::move(socket), std::move(peer), std::move(origin), std::move(unsent),
                          [&arrive](Connection& here) -> std::unique_ptr<Protocol> {
                            arrive(here);
                            return nullptr;
                          });
  });
}

}  // namespace parley::net::detail
