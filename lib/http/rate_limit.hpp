#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "http/router.hpp"
#include "net/shard.hpp"

namespace parley::http {

/// The state of a counter after a hit.
struct Hit {
  std::uint64_t count = 0;         ///< Hits in this window, this one included.
  std::chrono::seconds resets_in;  ///< Until the window ends; at least 1.
};

/// Counts in fixed windows; may be shared by the nodes of a cluster.
class RateCounter {
 public:
  virtual ~RateCounter() = default;
  /// Errors: unavailable, overloaded. Callers then let the request pass.
  virtual Task<Result<Hit>> hit(std::string key, std::chrono::seconds window) = 0;
};

/// The counters of one shard. Windows begin at multiples of their length. In a full table a
/// newcomer takes the place of one that has few hits: whoever has many stays counted, however many
/// addresses somebody comes from.
class RateTable {
 public:
  /// At least one key.
  explicit RateTable(std::size_t max_keys) : max_keys_(max_keys) {}
  Hit hit(const std::string& key, std::chrono::seconds window, SteadyTime now);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t count = 0;
    SteadyTime ends;
  };
  void make_room(SteadyTime now);

  std::size_t max_keys_;
  std::size_t hand_ = 0;  ///< The bucket at which the search for a place goes on.
  SteadyTime last_sweep_{};
  std::unordered_map<std::string, Entry> entries_;
};

/// RateCounter for one process: every key has a home shard, and only that counts it.
class ShardedRateCounter final : public RateCounter {
 public:
  /// `max_keys`: kept on each shard, about 100 bytes each.
  explicit ShardedRateCounter(net::Shards& shards, std::size_t max_keys = 100'000);
  Task<Result<Hit>> hit(std::string key, std::chrono::seconds window) override;

 private:
  net::Shards& shards_;
  std::vector<RateTable> tables_;
};

struct RateLimitOptions {
  std::string name = {};    ///< Tells this limit's counters from others'.
  std::uint64_t limit = 0;  ///< Requests a window and client; 0 switches the limit off.
  std::chrono::seconds window{60};
  std::function<bool(const Request&)> applies = {};  ///< Empty: to all.
};

/// Refuses with 429 what is over the limit; says RateLimit-Limit, -Remaining and -Reset on every
/// answer. A client is an address, or the /64 of an IPv6 address. Passes everything while the
/// counter gives errors.
Middleware rate_limit(std::shared_ptr<RateCounter> counter, RateLimitOptions options);

}  // namespace parley::http
