#pragma once

#include <rocksdb/slice_transform.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::store::embedded {

/// Tells the memtable of the chat table which rows go in next to an earlier one, so that it begins
/// its search there: messages by id, which ascend, and rows of a conversation or sender that was
/// written to lately. A place that is remembered costs the memtable some 250 bytes, so the first
/// row of a prefix leaves none. Used by the thread that writes, alone.
class InsertHints final : public rocksdb::SliceTransform {
 public:
  InsertHints() : seen_(slots) {}

  const char* Name() const override { return "parley.insert_hints"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override;
  bool InDomain(const rocksdb::Slice& key) const override;

 private:
  static constexpr std::size_t slots = 32 * 1024;  ///< Prefixes that are known to be in use.

  mutable std::vector<std::uint32_t> seen_;  ///< Fingerprints, by hash.
};

}  // namespace parley::store::embedded
