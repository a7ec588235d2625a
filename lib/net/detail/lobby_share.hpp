#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace parley::net::detail {

/// A turn's look at the established.
struct Look {
  std::size_t found = 0;  ///< Ready, at most what one look holds.
  std::size_t left = 0;   ///< Of them, those who were found to leave and are in the lobby now.
  bool is_full = false;   ///< There may be more.
  bool saw_lobby = false;
};

/// How much of a loop turn belongs to the lobby: those who come and go. The established have the
/// rest, and are looked at first. Knows counts and times, no sockets.
class LobbyShare {
 public:
  struct Config {
    std::size_t handful = 8;  ///< Served between two looks at the clock, even when time is over.
    std::chrono::nanoseconds patience = std::chrono::milliseconds{2};     ///< Of a turn.
    std::chrono::nanoseconds wakefulness = std::chrono::milliseconds{4};  ///< From rest to rest.
  };
  explicit LobbyShare(Config config) : config_(config) {}

  std::size_t handful() const { return config_.handful; }
  /// Whether this turn serves the lobby at all. When many leave at once, the established behind
  /// them are looked for first: nobody leaves twice, so that ends.
  static bool is_due(const Look& look);
  void begin(SteadyTime now) { end_ = now + config_.patience; }
  /// After a handful that was asked for and `found`: whether there is another one.
  bool goes_on(std::size_t found, SteadyTime now) const;
  /// At the end of the lobby's share: whether the thread is to sleep for a moment now. In a storm
  /// it never would, and the scheduler may keep the kernel's own threads, which a sync of the disk
  /// waits for, from the core until it does. Source: docs/adr/0014.
  bool takes_rest(SteadyTime now);

 private:
  Config config_;
  SteadyTime end_{};
  SteadyTime rested_{};
};

}  // namespace parley::net::detail
