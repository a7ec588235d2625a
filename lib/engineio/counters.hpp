#pragma once

#include <array>
#include <cstdint>

#include "base/single_writer.hpp"
#include "engineio/refusal.hpp"
#include "engineio/session.hpp"

namespace parley::engineio {

inline constexpr std::size_t close_reason_count =
    static_cast<std::size_t>(CloseReason::slow_consumer) + 1;

/// What one shard counts. Signed, for those of open sessions go down as well.
struct Counters {
  using Count = SingleWriter<std::int64_t>;

  Count polling, websocket;  ///< Open sessions.
  Count opened, upgraded;
  Count packets_in, packets_out;
  Count too_large;      ///< POST bodies over the limit.
  Count overfull;       ///< Handshakes over max_sessions when nobody made way, or while draining.
  Count not_forwarded;  ///< Requests for other servers' sessions that had no room to wait.
  Count displaced;      ///< Sessions that made way for a handshake over max_sessions.
  std::array<Count, close_reason_count> closed;
  std::array<Count, refusal_count> refused;
};

}  // namespace parley::engineio
