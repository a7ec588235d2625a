#pragma once

#include <atomic>

namespace parley {

/// A number that one thread writes and any thread reads: no locked instruction.
template <class Number>
class SingleWriter {
 public:
  void add(Number amount = 1) { set(value() + amount); }
  void set(Number number) { number_.store(number, std::memory_order_relaxed); }
  Number value() const { return number_.load(std::memory_order_relaxed); }

 private:
  std::atomic<Number> number_{0};
};

}  // namespace parley
