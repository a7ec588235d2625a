#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/frame.hpp"
#include "net/shard.hpp"

namespace parley::net {

class Connection;

/// Why a connection ended.
enum class CloseCause {
  local,          ///< We closed it.
  peer,           ///< The peer ended its stream in order (FIN).
  error,          ///< Reset, or another error of the socket.
  slow_consumer,  ///< The peer did not take what was queued: over `max_queued` bytes, or a stalled
                  ///< write.
};
std::string_view to_string(CloseCause cause);

/// The protocol on top of a connection. Owned by its Connection; lives on the connection's shard.
/// Any of these calls may close the connection or replace the protocol: the old protocol object is
/// destroyed only after the call that did so has returned to the poller.
class Protocol {
 public:
  virtual ~Protocol() = default;
  /// Bytes from the peer, at most once a loop turn. The protocol may change them in place
  /// (unmasking) and keeps nothing that points into them: they lie in the shard's one receive
  /// buffer.
  virtual void on_bytes(std::span<char> bytes) = 0;
  /// All that was sent so far has been handed to the kernel. Called by the poller, never inside
  /// send().
  virtual void on_drained() {}
  /// The connection is gone; nothing can be sent any more. Called once, last; never inside another
  /// call.
  virtual void on_closed(CloseCause cause) = 0;
};

/// A client's TCP connection on one shard. Reads go through a buffer that the whole shard shares;
/// what is sent during a loop turn leaves in one system call at its end ("corked"). An idle
/// connection has no buffer. Freed by its Poller at the end of the turn in which it was closed.
/// Abstract so that protocols are tested without a network (net/testing.hpp).
class Connection {
 public:
  virtual ~Connection() = default;

  /// Sends the frame's bytes from `offset` on; shares them. No effect once is_open() is false.
  virtual void send(Frame frame, std::size_t offset = 0) = 0;
  /// Copies `bytes` into the connection's outgoing buffer: for small and one-off pieces.
  virtual void send(std::string_view bytes) = 0;

  /// Ends our stream once everything that was sent has reached the kernel, then waits for the
  /// peer's end, so that what it has not read yet is not lost by a reset; all of it within
  /// ConnectionLimits::linger. Input is dropped from now on. Protocol::on_closed(local) follows
  /// when the socket is gone.
  virtual void close_after_flush() = 0;
  /// Closes now; unsent bytes are dropped. Protocol::on_closed(local) follows within this turn,
  /// never inside this call.
  virtual void close() = 0;
  /// False from close(), close_after_flush() or the peer's end on.
  virtual bool is_open() const = 0;

  /// Stops and resumes reading: back-pressure on the peer. A paused connection notices a peer's
  /// reset, and its orderly end as well (unread bytes are dropped then).
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Replaces the protocol; the next bytes go to the new one.
  virtual void set_protocol(std::unique_ptr<Protocol> protocol) = 0;

  /// Moves this connection to another shard: it leaves this poller at once without on_closed, and
  /// on `target` `arrive` is called with it; `arrive` gives it a protocol (or it is closed). Unsent
  /// bytes go along. The caller's protocol is destroyed at the end of the turn. No use of `this`
  /// afterwards.
  virtual void move_to(Shard& target, std::function<void(Connection&)> arrive) = 0;

  /// Whether this connection may be closed to make room for a new one when the listener has
  /// `max_connections`; whoever may for longest goes first. While it may, max_queued_expendable
  /// bounds what waits. True at first, and in any case once it is being closed.
  virtual void set_expendable(bool expendable) = 0;

  /// One more of the listener's `max_connections`, for another descriptor that is open for this
  /// connection's sake; somebody expendable makes way when there is none left. Given back with the
  /// last copy, on any thread. nullptr: there is no place, and nobody makes way.
  virtual std::shared_ptr<void> take_place() = 0;

  virtual Shard& shard() = 0;
  /// Bytes sent by us that the kernel has not taken yet.
  virtual std::size_t queued_bytes() const = 0;
  /// True when a send would go to the kernel now: nothing is waiting from an earlier turn.
  virtual bool is_writable() const = 0;
  /// The peer's address without port, as text ("127.0.0.1", "::1"; IPv4-mapped IPv6 is shown as
  /// IPv4).
  virtual const std::string& peer() const = 0;
  virtual std::uint16_t peer_port() const = 0;
  /// What goes over it is encrypted (TLS).
  virtual bool is_secure() const { return false; }
};

/// How connections are bounded; one struct for all listeners of a process.
struct ConnectionLimits {
  /// Unsent bytes; whoever has more waiting when the next piece is sent is a slow consumer and is
  /// cut off. (One piece may be larger than this, if nothing else waits.)
  std::size_t max_queued = 4 * 1024 * 1024;
  /// The same while the connection is expendable, if that is less: nobody knows yet whose it is.
  std::size_t max_queued_expendable = 32 * 1024;
  std::size_t most_queued(bool expendable) const {
    return expendable ? std::min(max_queued, max_queued_expendable) : max_queued;
  }
  /// No byte taken by the peer for so long while some wait: cut off.
  std::chrono::milliseconds write_stall{30'000};
  std::chrono::milliseconds linger{5'000};  ///< How long close_after_flush waits.
  /// Per listener, with the places that they take besides; for one more an expendable connection of
  /// its shard makes way, or it is closed at once itself. Both are counted.
  std::size_t max_connections = 1'000'000;
};

}  // namespace parley::net
