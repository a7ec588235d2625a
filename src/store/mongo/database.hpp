#pragma once

#include <memory>

#include "base/result.hpp"
#include "store/mongo/client.hpp"
#include "store/mongo/feed.hpp"
#include "store/mongo/stats.hpp"
#include "store/mongo/store_config.hpp"

namespace parley::net {
class Workers;
}

namespace parley::store::mongo {

struct Internals;

/// A node's store in MongoDB: the driver's connections, one writer thread, reader threads, the
/// feed. The port adapters beside it borrow it. Any thread. It outlives the shards' threads and
/// their coroutines, and is destroyed before their io_contexts are.
class Database {
 public:
  /// Reaches the server and makes the indexes that are missing. Blocks. Errors, each with a
  /// sentence for the operator: bad_request (the URI), unavailable, conflict, not_supported: see
  /// ensure_indexes.
  static Result<std::unique_ptr<Database>> open(StoreConfig config);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Finishes what was asked so far, or gives all of it up when a write's deadline is over; later
  /// writes are `closed`, reads work until that deadline. Blocks.
  void close();

  /// The time that all nodes share. Any thread.
  Time now() const;
  /// For /readyz: unavailable while the server is.
  Result<Done> health() const;
  const Stats& stats() const;
  /// Reads that wait for a thread.
  std::size_t queued_reads() const;

  Feed& feed();
  /// For the other ports' adapters.
  Client& client();
  net::Workers& workers();
  /// For the adapters of this room.
  Internals& internals() { return *internals_; }

 private:
  explicit Database(std::unique_ptr<Internals> internals);
  std::unique_ptr<Internals> internals_;
};

}  // namespace parley::store::mongo
