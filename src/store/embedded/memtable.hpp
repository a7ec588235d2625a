#pragma once

#include <rocksdb/memtablerep.h>

#include "store/embedded/skip_list.hpp"

namespace parley::store::embedded {

/// RocksDB's memtable on our skip list: for column families in bytewise order that one thread
/// writes. Debian's librocksdb is built with assertions, which are most of what its own list costs:
/// see ADR "what a row costs the committer". Source: rocksdb/memtablerep.h.
class Memtable final : public rocksdb::MemTableRep {
 public:
  Memtable(rocksdb::Allocator* allocator, NeighboursOf neighbours);

  rocksdb::KeyHandle Allocate(std::size_t size, char** row) override;
  void Insert(rocksdb::KeyHandle row) override;
  bool Contains(const char* row) const override;
  std::size_t ApproximateMemoryUsage() override { return rows_.memory(); }
  Iterator* GetIterator(rocksdb::Arena* arena) override;
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override;

 private:
  SkipList rows_;
};

class Memtables final : public rocksdb::MemTableRepFactory {
 public:
  explicit Memtables(NeighboursOf neighbours) : neighbours_(neighbours) {}

  using rocksdb::MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& order,
                                          rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform* prefixes,
                                          rocksdb::Logger* logger) override;
  const char* Name() const override { return "parley.memtables"; }

 private:
  const NeighboursOf neighbours_;
};

}  // namespace parley::store::embedded
