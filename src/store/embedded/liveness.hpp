#pragma once

#include <atomic>
#include <cstdint>

#include "store/embedded/transaction.hpp"

namespace parley::store::embedded {

/// Makes `last_seen` right after a crash. Whoever is online has a marker row, and while there is
/// anybody, a row says every few seconds that the program lives. Markers found at start-up mean
/// that the program died with those users online: they were last seen when it was last alive. None
/// of these rows waits for the disk: they survive the end of the process, not of the machine.
class Liveness {
 public:
  /// Users online now; kept by Presence, any shard.
  std::atomic<std::int64_t> online{0};

  static void arrived(Transaction& transaction, chat::UserId user, Time now);
  static void left(Transaction& transaction, chat::UserId user, Time now);
  /// The same once it could not be written: whoever came back meanwhile keeps their marker.
  static void left_before(Transaction& transaction, chat::UserId user, Time at);
  /// Sets last_seen unless a later one is there.
  static void touch(Transaction& transaction, chat::UserId user, Time at);
  static void alive(Transaction& transaction, Time now);
  /// At start-up, before anything else writes: turns markers into last_seen.
  static Result<Done> recover(Engine& engine, const Config& config);
};

}  // namespace parley::store::embedded
