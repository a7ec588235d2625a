#pragma once

#include <chrono>

#include "base/time.hpp"

namespace parley::engineio {

struct HeartbeatConfig {
  /// From the opening, then from the last pong, to the next ping.
  std::chrono::milliseconds interval;
  std::chrono::milliseconds timeout;  ///< From a ping to its pong.
};

/// The server's half of ping/pong: decides, and has no timer. Deadlines are exact: an idle peer is
/// given up `interval + timeout` after the opening. Source: Engine.IO protocol v4, "Heartbeat".
class Heartbeat {
 public:
  enum class Action { none, ping, give_up };

  Heartbeat(HeartbeatConfig config, SteadyTime now)
      : config_(config), deadline_(now + config.interval) {}

  /// When on_tick has something to do next.
  SteadyTime deadline() const { return deadline_; }
  bool is_waiting() const { return waiting_; }

  Action on_tick(SteadyTime now);
  /// Begins a new interval, also when no pong was awaited.
  void on_pong(SteadyTime now);
  /// Any other packet shows that the peer lives: once a ping it gets the whole timeout again.
  void on_packet(SteadyTime now);
  /// The transport was swapped: a ping that is under way may be lost with the old one, so the peer
  /// gets a whole timeout. (Node gives up the deadline altogether; then a dead client lingers.)
  void on_swap(SteadyTime now);

 private:
  HeartbeatConfig config_;
  SteadyTime deadline_;
  bool waiting_ = false;
  bool extended_ = false;
};

}  // namespace parley::engineio
