#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "net/frame.hpp"
#include "net/shard.hpp"

namespace parley::net {

class Connection;

/// Why a connection ended.
enum class CloseCause {
  local,          ///< We closed it.
  peer,           ///< The peer ended its stream in order (FIN).
  error,          ///< Reset, or another error of the socket.
  slow_consumer,  ///< The peer did not take what was queued: over `max_queued` bytes, or a stalled write.
};
std::string_view to_string(CloseCause cause);

/// The protocol on top of a connection. Owned by its Connection; lives on the connection's shard.
/// Any of these calls may close the connection or replace the protocol: the old protocol object is
/// destroyed only after the call that did so has returned to the poller.
class Protocol {
 public:
  virtual ~Protocol() = default;
  /// Bytes from the peer, at most once a loop turn. The protocol may change them in place (unmasking)
  /// and keeps nothing that points into them: they lie in the shard's one receive buffer.
  virtual void on_bytes(std::span<char> bytes) = 0;
  /// All that was sent so far has been handed to the kernel.
  virtual void on_drained() {}
  /// The connection is gone; nothing can be sent any more. Called once, last.
  virtual void on_closed(CloseCause cause) = 0;
};

/// A client's TCP connection on one shard. Reads go through a buffer that the whole shard shares; what is
/// sent during a loop turn leaves in one system call at its end ("corked"). An idle connection has no
/// buffer. Freed by its Poller at the end of the turn in which it was closed. Abstract so that protocols are
/// tested without a network (net/testing.hpp).
class Connection {
 public:
  virtual ~Connection() = default;

  /// Sends the frame's bytes from `offset` on; shares them. No effect after close().
  virtual void send(Frame frame, std::size_t offset = 0) = 0;
  /// Copies `bytes` into the connection's outgoing buffer: for small and one-off pieces.
  virtual void send(std::string_view bytes) = 0;

  /// Closes once everything that was sent has reached the kernel (bounded by Limits::linger). Input is
  /// dropped from now on.
  virtual void close_after_flush() = 0;
  /// Closes now. Protocol::on_closed(local) follows within this turn, never inside this call.
  virtual void close() = 0;
  virtual bool is_open() const = 0;

  /// Stops and resumes reading: back-pressure on the peer. A paused connection notices a peer's reset,
  /// and its orderly end as well.
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Replaces the protocol; the next bytes go to the new one.
  virtual void set_protocol(std::unique_ptr<Protocol> protocol) = 0;

  /// Moves this connection to another shard: it leaves this poller at once without on_closed, and on
  /// `target` `arrive` is called with it; `arrive` gives it a protocol. Unsent bytes go along. The
  /// caller's protocol is destroyed at the end of the turn. No use of `this` afterwards.
  virtual void move_to(Shard& target, std::function<void(Connection&)> arrive) = 0;

  virtual Shard& shard() = 0;
  /// Bytes sent by us that the kernel has not taken yet.
  virtual std::size_t queued_bytes() const = 0;
  /// True when a send would go to the kernel now: nothing is waiting from an earlier turn.
  virtual bool is_writable() const = 0;
  /// The peer's address without port, as text ("127.0.0.1", "::1"; IPv4-mapped IPv6 is shown as IPv4).
  virtual const std::string& peer() const = 0;
  virtual std::uint16_t peer_port() const = 0;
};

/// How connections are bounded; one struct for all listeners of a process.
struct ConnectionLimits {
  std::size_t max_queued = 1024 * 1024;    ///< Unsent bytes; beyond it the peer is a slow consumer and is cut off.
  std::chrono::milliseconds write_stall{30'000};  ///< No byte taken by the peer for so long while some wait: cut off.
  std::chrono::milliseconds linger{5'000};  ///< How long close_after_flush waits.
  std::size_t max_connections = 1'000'000;  ///< Per process; more are closed at accept and counted.
};

/// A listening TCP socket. Accepts on shard 0 and deals connections round-robin, so every shard gets its
/// share and a session's shard never depends on the kernel.
class Listener {
 public:
  /// Makes the first protocol of a new connection. Called on the connection's shard.
  using Accept = std::function<std::unique_ptr<Protocol>(Connection&)>;

  /// Binds at once: throws std::system_error with the address in its text when it cannot.
  /// `port` 0 lets the system choose. `host`: IPv4, IPv6 or a name that resolves locally.
  Listener(Shards& shards, const std::string& host, std::uint16_t port, ConnectionLimits limits,
           Accept accept);
  ~Listener();

  std::uint16_t port() const;
  /// Stops accepting; open connections stay. Any thread; returns when no further connection can arrive.
  void stop_accepting();

  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;        ///< Over max_connections.
    std::uint64_t open = 0;
    std::uint64_t slow_consumers = 0; ///< Closed for it.
    std::uint64_t bytes_in = 0, bytes_out = 0, sends = 0, receives = 0;
  };
  /// Any thread; the shards' counters added up.
  Counts counts() const;
};

}  // namespace parley::net
