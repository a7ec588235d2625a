#pragma once

#include "store/mongo/client.hpp"

namespace parley::store::mongo {

/// Settings of a node's store in MongoDB.
struct StoreConfig {
  Config connection;

  std::size_t max_queued = 16'384;  ///< Writes that wait for a round; one more is `overloaded`.
  std::size_t max_batch = 1'024;    ///< Writes in one round; bounds its memory and its commands.
  std::size_t readers = 8;          ///< Threads that wait for reads, with a connection each.
  std::size_t max_queued_reads = 4'096;  ///< Reads that wait for one; one more is `overloaded`.
  /// How long a write is tried while the database is away; with the quarter of it for which it may
  /// go from round to round before, less than `sync_margin`.
  std::chrono::milliseconds write_deadline = 10s;

  std::size_t cached_conversations = 65'536;  ///< About 500 bytes each.
  std::size_t cached_pairs = 65'536;          ///< About 100 bytes each.
  std::size_t cached_users = 65'536;          ///< Users known to exist: about 60 bytes each.
  std::size_t cached_locations = 65'536;      ///< Messages whose place is known: about 150 bytes.
  /// How long a conversation is trusted that no other node tells us about (nobody of it is here).
  std::chrono::milliseconds trust = 2s;

  std::function<Time()> clock;  ///< For versions; empty: the database's.
};

/// How far a node's version may be behind the clock when it becomes readable: devices are told
/// again what is younger, and adopted or unseen messages are published when they are.
inline constexpr std::chrono::seconds sync_margin{15};

}  // namespace parley::store::mongo
