#pragma once

#include <atomic>
#include <cstdint>

namespace parley::net {

/// A counter that one shard writes and any thread reads: no locked instruction.
class ShardCounter {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace parley::net
