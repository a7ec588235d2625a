#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>
#include <span>
#include <vector>

#include "net/detail/lobby_share.hpp"
#include "net/detail/socket_connection.hpp"
#include "net/shard.hpp"

namespace parley::net {

/// The client sockets of one shard: an epoll set of our own, whose descriptor Asio awaits, and in
/// it another one, the lobby, of those who come and go. Newcomers are in the lobby until they are
/// admitted; the established go there when their peers end.
///
/// A turn: up to 1,024 ready sockets of the established, one receive each; then the lobby for a few
/// milliseconds (`LobbyShare`), so that a storm there stands before nobody. Then whatever was
/// posted meanwhile; then the turn's end, a posted call of its own, with one send for each
/// connection that has something to send, the on_closed calls, and the destruction of what was
/// closed or replaced. So nothing is destroyed while a call of it is on the stack.
class Poller {
 public:
  explicit Poller(Shard& shard);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Takes over a non-blocking socket; `first` makes its protocol. `unsent` may be nullptr.
  void adopt(Descriptor socket, detail::Peer peer, std::shared_ptr<detail::Origin> origin,
             std::unique_ptr<detail::Outbox> unsent,
             const std::function<std::unique_ptr<Protocol>(Connection&)>& first);

  /// Closes whoever of `origin` is expendable for longest. False: nobody is.
  bool make_room(const detail::Origin& origin);

  Shard& shard() { return shard_; }
  void set_lobby_share(detail::LobbyShare::Config config) {
    lobby_share_ = detail::LobbyShare{config};
  }

  // For SocketConnection:

  void set_expendable(detail::SocketConnection& connection, bool may);
  void watch_dirty(detail::SocketConnection& connection);
  /// The connection left the epoll set: destroys it at the turn's end.
  void bury(int socket);
  /// Calls on_closed at the turn's end, then destroys the protocol.
  void announce_end(std::unique_ptr<Protocol> protocol, CloseCause cause);
  /// Destroys the protocol at the turn's end.
  void retire(std::unique_ptr<Protocol> protocol);
  std::unique_ptr<detail::Outbox> take_outbox();
  void recycle(std::unique_ptr<detail::Outbox> outbox);
  bool set_events(detail::SocketConnection& connection, int operation, std::uint32_t events);
  std::shared_ptr<detail::Origin> origin_of(const detail::Origin& origin);
  std::span<char> receive_buffer() { return receive_buffer_; }
  std::span<char> send_scratch() { return send_scratch_; }

 private:
  using Expendables = boost::intrusive::list<
      detail::SocketConnection,
      boost::intrusive::member_hook<detail::SocketConnection, detail::SocketConnection::Hook,
                                    &detail::SocketConnection::expendable>,
      boost::intrusive::constant_time_size<false>>;

  struct Ending {
    std::unique_ptr<Protocol> protocol;
    CloseCause cause;
  };

  void wait();
  void on_ready();
  detail::Look serve_established();
  void serve_lobby();
  void serve(const epoll_event& event);
  void change_sets(detail::SocketConnection& connection);
  void schedule_turn_end();
  void on_turn_end();

  Shard& shard_;
  asio::posix::basic_stream_descriptor<Executor> epoll_;
  Descriptor lobby_;  ///< In epoll_, without a connection.
  bool waiting_ = false;
  bool turn_end_scheduled_ = false;
  detail::LobbyShare lobby_share_{{}};
  std::array<epoll_event, 1024> events_{};
  std::vector<char> receive_buffer_;
  std::vector<char> send_scratch_;
  std::vector<std::shared_ptr<detail::Origin>> origins_;
  Expendables expendables_;  ///< Who has been for longest first.
  std::vector<std::unique_ptr<detail::SocketConnection>> connections_;  ///< By socket number.
  std::vector<detail::SocketConnection*> dirty_, flushing_;
  std::vector<Ending> endings_;
  std::vector<std::unique_ptr<Protocol>> retired_;
  std::vector<std::unique_ptr<detail::SocketConnection>> buried_;
  std::vector<std::unique_ptr<detail::Outbox>> spare_outboxes_;
};

}  // namespace parley::net
