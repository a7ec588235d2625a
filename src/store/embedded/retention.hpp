#pragma once

#include <rocksdb/compaction_filter.h>

#include <memory>

#include "store/embedded/config.hpp"

namespace parley::store::embedded {

/// Forgets, while RocksDB compacts, what nobody will ask for again: remembered client ids older
/// than `idempotency_retention`, and sessions whose newest token has expired.
std::unique_ptr<rocksdb::CompactionFilter> make_retention(const Config& config);

}  // namespace parley::store::embedded
