#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engineio/refusal.hpp"
#include "engineio/session.hpp"

namespace parley::engineio {

/// A counter that one shard writes and any thread reads.
class Cell {
 public:
  void add(std::int64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

inline constexpr std::size_t close_reason_count =
    static_cast<std::size_t>(CloseReason::slow_consumer) + 1;

/// What one shard counts.
struct Counters {
  Cell polling, websocket;  ///< Open sessions.
  Cell opened, upgraded;
  Cell packets_in, packets_out;
  Cell too_large,
      overfull;  ///< POST bodies over the limit; handshakes over max_sessions or while draining.
  std::array<Cell, close_reason_count> closed;
  std::array<Cell, refusal_count> refused;
};

}  // namespace parley::engineio
