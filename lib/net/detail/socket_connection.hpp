#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/descriptor.hpp"
#include "net/connection.hpp"
#include "net/detail/origin.hpp"
#include "net/detail/outbox.hpp"
#include "net/timer.hpp"

namespace parley::net {
class Poller;
}

namespace parley::net::detail {

/// A peer as accept() gave it.
struct Peer {
  std::string address;
  std::uint16_t port = 0;
};

/// The Connection over a socket in a Poller's epoll set. About 100 bytes while it is idle: outbox
/// and deadline exist only while something waits.
class SocketConnection final : public Connection {
 public:
  SocketConnection(Poller& poller, Origin& origin, Descriptor socket, Peer peer,
                   std::unique_ptr<Outbox> unsent);
  ~SocketConnection() override;

  void send(Frame frame, std::size_t offset) override;
  void send(std::string_view bytes) override;
  void close_after_flush() override;
  void close() override { end(CloseCause::local); }
  bool is_open() const override { return state_ == State::open; }
  void pause() override;
  void resume() override;
  void set_protocol(std::unique_ptr<Protocol> protocol) override;
  void move_to(Shard& target, std::function<void(Connection&)> arrive) override;
  void set_expendable(bool expendable) override;
  std::shared_ptr<void> take_place() override;
  Shard& shard() override;
  std::size_t queued_bytes() const override { return outbox_ ? outbox_->size() : 0; }
  bool is_writable() const override { return state_ == State::open && !blocked_; }
  const std::string& peer() const override { return peer_.address; }
  std::uint16_t peer_port() const override { return peer_.port; }

  // For the poller:

  using Hook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  bool is_from(const Origin& origin) const { return &origin_ == &origin; }
  ShardCounts& counts();
  /// A newcomer takes its place.
  void give_way();

  /// Enters the epoll set. False when the kernel refuses.
  bool watch();
  /// What epoll reported.
  void on_events(std::uint32_t events);
  /// The end of a turn in which something was sent.
  void on_turn_end();
  int socket() const { return socket_.get(); }
  /// True once the peer is about to end, and for a newcomer until its admission (request,
  /// handshake, connect) has been received: it can wait for the others.
  bool can_wait(std::uint32_t events) const;
  /// In the epoll set of those who come and go.
  bool is_in_lobby() const { return in_lobby_; }
  /// Goes over to the other epoll set. False when the kernel refuses.
  bool change_sets();
  bool is_gone() const { return state_ == State::gone; }
  bool has_protocol() const { return protocol_ != nullptr; }
  /// The poller ends: no further call has an effect.
  void abandon() { state_ = State::gone; }

 private:
  enum class State : std::uint8_t {
    open,
    flushing,   ///< close_after_flush, or the peer's end while bytes wait.
    lingering,  ///< All has left and our FIN too; the peer's is awaited.
    gone,
  };

  bool has_room();
  void mark_dirty();
  void flush();
  /// One send; false when the kernel takes no more now, or the connection ended.
  bool send_some();
  void on_blocked();
  void on_flushed();
  void receive();
  void on_peer_end();
  void on_deadline();
  void start_deadline(std::chrono::milliseconds duration);
  void linger();
  void update_interest();
  std::uint32_t interest() const;
  void end(CloseCause cause);

  // What every turn needs comes first, in 64 bytes.
  Poller& poller_;
  Origin& origin_;
  std::unique_ptr<Protocol> protocol_;
  std::unique_ptr<Outbox> outbox_;
  Descriptor socket_;
  std::uint32_t watched_ = 0;  ///< The events that epoll knows.
  State state_ = State::open;
  std::uint8_t receives_ = 0;  ///< Counted up to those of the admission.
  bool paused_ = false;
  bool dirty_ = false;    ///< In the poller's list of those to flush.
  bool blocked_ = false;  ///< The kernel's buffer is full.
  bool peer_ended_ = false;
  bool counted_ = true;  ///< In Origin::open.
  bool in_lobby_ = true;
  std::unique_ptr<Timer> deadline_;  ///< Stalled write, or the end of lingering.
  Peer peer_;

 public:
  Hook expendable;  ///< In the poller's list of those who may be closed to make room.
};

}  // namespace parley::net::detail
