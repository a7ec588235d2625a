#pragma once

#include <atomic>
#include <cstdint>

namespace parley::cluster {

/// What went to and came from other servers since the start.
struct Counts {
  std::uint64_t published = 0;  ///< Given to Redis: broadcasts, requests and answers.
  std::uint64_t dropped = 0;    ///< Not given, because there was no connection.
  std::uint64_t received = 0;   ///< Messages from Redis, all of the following among them.
  std::uint64_t own = 0;        ///< This server's own, come back.
  std::uint64_t not_held = 0;   ///< For a room that nobody here is in: dropped without decoding.
  std::uint64_t undecodable = 0;
};

/// The same while it is counted; any thread.
struct Counters {
  std::atomic<std::uint64_t> published{0}, dropped{0}, received{0}, own{0}, not_held{0},
      undecodable{0};

  static void add(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
  }
  Counts read() const;
};

}  // namespace parley::cluster
