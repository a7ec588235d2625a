#pragma once

#include <atomic>
#include <cstdint>

namespace parley::app {

/// How the counts of a store are read for /metrics.
inline double as_number(const std::atomic<std::uint64_t>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

}  // namespace parley::app
