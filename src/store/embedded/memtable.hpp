#pragma once

#include <rocksdb/memtablerep.h>

namespace parley::store::embedded {

/// The order of a memtable's rows: keys by their bytes, of one key the newest row first. RocksDB's
/// own comparator gives the same order, at four times the instructions: it counts each comparison
/// in a thread-local, behind three calls. Source: MemTable::Add; rocksdb/memtablerep.h,
/// KeyComparator.
class RowOrder final : public rocksdb::MemTableRep::KeyComparator {
 public:
  int operator()(const char* row, const char* other) const override;
  int operator()(const char* row, const rocksdb::Slice& internal_key) const override;
};

/// RocksDB's skip list in RowOrder: for column families in bytewise order alone.
class Memtables final : public rocksdb::SkipListFactory {
 public:
  using rocksdb::SkipListFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& order,
                                          rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform* prefixes,
                                          rocksdb::Logger* logger) override;

 private:
  RowOrder order_;
};

}  // namespace parley::store::embedded
