#pragma once

#include <algorithm>
#include <chrono>

namespace parley::app {

/// How a stop uses DRAIN_TIMEOUT.
struct DrainPlan {
  std::chrono::milliseconds serving;  ///< Connections have so long to end in order.
  std::chrono::milliseconds jitter;   ///< Clients are sent away spread over so long.
};

/// The rest of `timeout` is for what follows. What is spread ends in time to be seen off.
inline DrainPlan drain_plan(std::chrono::milliseconds timeout) {
  using namespace std::chrono_literals;
  const auto serving = timeout - std::min<std::chrono::milliseconds>(1s, timeout / 2);
  return {serving, std::min<std::chrono::milliseconds>(1'500ms, serving / 2)};
}

}  // namespace parley::app
