#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/embedded/config.hpp"
#include "store/embedded/stats.hpp"

namespace parley::store::embedded {

struct Internals;

/// The embedded store: one RocksDB, one committer thread, a few reader threads. The port adapters
/// beside it borrow it. Everything may be called from any thread. It outlives the shards' threads
/// and their coroutines, and is destroyed before their io_contexts are.
class Database {
 public:
  /// Opens it, or creates it when there is none. Errors, each with a sentence for the operator:
  /// conflict (another process has it open), not_supported (a newer format), corrupt, unavailable.
  static Result<std::unique_ptr<Database>> open(Config config);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Makes everything asked so far durable; later writes are `closed`, reads still work. Blocks.
  void close();

  /// For /readyz: see Committer::health.
  Result<Done> health() const;
  const Stats& stats() const;

  /// A consistent copy of everything acknowledged, while writes go on, as `target`/db. Tables are
  /// hard links where the file system allows it. `target` appears complete or not at all. Blocks:
  /// run it on a worker. Errors: conflict when `target` exists.
  Result<Done> checkpoint(const std::filesystem::path& target);

  /// For the adapters of this room.
  Internals& internals() { return *internals_; }

 private:
  explicit Database(std::unique_ptr<Internals> internals);
  std::unique_ptr<Internals> internals_;
};

}  // namespace parley::store::embedded
