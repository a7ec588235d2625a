#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/task.hpp"
#include "base/time.hpp"
#include "engineio/server.hpp"
#include "http/server.hpp"
#include "net/shard.hpp"
#include "net/tls.hpp"

namespace parley::app {

/// What a server that is full has turned away.
struct Refusals {
  std::uint64_t connections = 0;     ///< Over MAX_CONNECTIONS, and nobody made way.
  std::uint64_t pauses = 0;          ///< Rests of the listener: no open file was left.
  std::uint64_t sessions = 0;        ///< Engine.IO handshakes, likewise.
  std::uint64_t displaced = 0;       ///< Strangers, connections and sessions, that made way.
  std::uint64_t tls_handshakes = 0;  ///< Over TLS_MAX_HANDSHAKES.
  std::uint64_t forwarded = 0;       ///< Requests for other nodes that had no room to wait.

  friend bool operator==(const Refusals&, const Refusals&) = default;
};

/// Since the start. `tls`: nullptr: plain HTTP. Any thread.
Refusals refusals_of(const http::Server& http, const engineio::Server& engine, const net::Tls* tls);

/// Decides when there is something to say: the first refusal at once, then what came in a minute.
class RefusalNews {
 public:
  static constexpr std::chrono::seconds quiet{60};

  /// How many since it was told last; nullopt: none, or told a moment ago.
  std::optional<Refusals> of(const Refusals& total, SteadyTime now);

 private:
  Refusals told_;
  std::optional<SteadyTime> told_at_;
};

/// Tells the log that clients are turned away, in one line a minute: peers that come in masses must
/// not fill the disk. Lives on `home`; made before the shards start.
class RefusalsWatch {
 public:
  static constexpr std::chrono::milliseconds interval{1'000};

  RefusalsWatch(net::Shard& home, std::function<Refusals()> total, std::size_t max_connections);

  void start();
  /// A server that drains turns everybody away, and need not say so. Any thread.
  void stop() { stopped_ = true; }

 private:
  Task<void> watch();

  net::Shard& home_;
  std::function<Refusals()> total_;
  std::size_t max_connections_;
  RefusalNews news_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace parley::app
