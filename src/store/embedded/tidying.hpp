#pragma once

#include <cstdint>

namespace parley::store::embedded {

/// From how many tables of its first level on RocksDB merges them into the next one. A read looks
/// into each of them, so few are good; merging rewrites much of the next level, so under load they
/// gather first, and are tidied up when few batches are written. No clock: its owner looks once an
/// interval. Source: ADR 0015.
class Tidying {
 public:
  static constexpr int under_load = 8, at_rest = 2;
  /// So many batches in an interval are no load.
  static constexpr std::uint64_t few_batches = 100;
  /// So many intervals without load are rest.
  static constexpr int quiet_intervals = 2;

  /// `batches`: all that were ever written.
  int look(std::uint64_t batches);

 private:
  std::uint64_t seen_ = 0;
  int quiet_ = 0;
};

}  // namespace parley::store::embedded
