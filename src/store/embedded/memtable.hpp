#pragma once

#include <rocksdb/memtablerep.h>

#include <memory_resource>

#include "store/embedded/row_groups.hpp"

namespace parley::store::embedded {

/// RocksDB's memtable on our groups of rows: for column families in bytewise order that one thread
/// writes. An iterator of one prefix (ReadOptions::total_order_seek is false, and the family has a
/// prefix extractor) ends where the group of the key ends that it was sent to. Debian's librocksdb
/// is built with assertions, which are most of what its own list costs: ADR 0011. Source:
/// rocksdb/memtablerep.h.
class Memtable final : public rocksdb::MemTableRep {
 public:
  Memtable(rocksdb::Allocator* allocator, Grouping grouping, Upcoming& upcoming);

  rocksdb::KeyHandle Allocate(std::size_t size, char** row) override;
  void Insert(rocksdb::KeyHandle row) override;
  bool Contains(const char* row) const override;
  std::size_t ApproximateMemoryUsage() override { return rows_.memory(); }
  Iterator* GetIterator(rocksdb::Arena* arena) override;
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override;

 private:
  /// The memory that RocksDB keeps the rows in, and counts.
  class Arena final : public std::pmr::memory_resource {
   public:
    explicit Arena(Memtable& memtable) : memtable_(memtable) {}

   private:
    void* do_allocate(std::size_t size, std::size_t alignment) override;
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    bool do_is_equal(const memory_resource& other) const noexcept override {
      return this == &other;
    }
    Memtable& memtable_;
  };

  Arena arena_;
  RowGroups rows_;
  Upcoming& upcoming_;
};

class Memtables final : public rocksdb::MemTableRepFactory {
 public:
  /// `upcoming`: outlives the memtables.
  Memtables(Grouping grouping, Upcoming& upcoming) : grouping_(grouping), upcoming_(upcoming) {}

  using rocksdb::MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& order,
                                          rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform* prefixes,
                                          rocksdb::Logger* logger) override;
  const char* Name() const override { return "parley.memtables"; }

 private:
  const Grouping grouping_;
  Upcoming& upcoming_;
};

}  // namespace parley::store::embedded
