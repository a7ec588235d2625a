#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/connection.hpp"
#include "net/shard.hpp"

namespace parley::net {

/// Whether a Listener could be at `host` and `port` (0: some port). Errors, with the reason:
/// bad_request when `host` is none of this machine, conflict when the port is taken, forbidden when
/// it is not for us.
Result<Done> may_listen_at(const std::string& host, std::uint16_t port);

/// A listening TCP socket. Accepts on shard 0 and deals connections round-robin, so every shard
/// gets its share and a session's shard never depends on the kernel.
class Listener {
 public:
  /// Makes the first protocol of a new connection; nullptr closes it. Called on the connection's
  /// shard. Kept by the shards for as long as they live, which may be longer than the listener.
  using Accept = std::function<std::unique_ptr<Protocol>(Connection&)>;

  /// Binds at once: throws std::system_error with the address in its text when it cannot.
  /// `port` 0 lets the system choose. `host`: IPv4, IPv6 or a name that resolves locally.
  Listener(Shards& shards, const std::string& host, std::uint16_t port, ConnectionLimits limits,
           Accept accept);
  /// Stops accepting. Before the shards' end.
  ~Listener();

  std::uint16_t port() const;
  /// Stops accepting; open connections stay. Any thread; returns when no further connection can
  /// arrive. Waits for shard 0, so never call it on a shard that shard 0 may be waiting for.
  void stop_accepting();

  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;        ///< Over max_connections, and nobody made way.
    std::uint64_t displaced = 0;      ///< Made way for a newcomer.
    std::uint64_t accept_pauses = 0;  ///< Times that accepting rested for want of file descriptors.
    /// Until the protocol has been told of the end, and is gone; and places taken besides.
    std::uint64_t open = 0;
    std::uint64_t slow_consumers = 0;  ///< Closed for it.
    std::uint64_t bytes_in = 0, bytes_out = 0, sends = 0, receives = 0;
  };
  /// Any thread; the shards' counters added up.
  Counts counts() const;

 private:
  class Acceptor;
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace parley::net
