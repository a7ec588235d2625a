#pragma once

#include <rocksdb/slice.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <vector>

#include "store/embedded/skip_list.hpp"

namespace parley::store::embedded {

/// Which rows of a memtable are a group: those whose keys share their first bytes. The groups' own
/// order is that of these bytes, so none of them may begin with all of another's, but where that
/// one's rows have no more than these.
struct Grouping {
  std::size_t (*prefix)(const rocksdb::Slice& key);  ///< How many bytes of a key name its group.
  std::size_t buckets;                               ///< A power of two, about as many as groups.
};

/// The hash of a group's prefix, with a seed of this process: clients choose part of some keys, and
/// are not to know which of them meet in a bucket.
std::uint64_t hash_of(const rocksdb::Slice& prefix);

/// Hashes of the groups of rows that are about to be inserted, in their order, so that what their
/// insertion reads is on its way from memory before it is wanted. One that is wrong costs time
/// alone. The inserting thread's.
struct Upcoming {
  std::vector<std::uint64_t> hashes;
  std::size_t next = 0;
};

/// The rows of a memtable: groups that are found by hashing, each a skip list. To find where a row
/// goes takes as long in a memtable of any size, and touches few lines of memory that are in no
/// cache, if it is alone in its group or goes in at an end of it. Threads as in SkipList.
class RowGroups {
 public:
  /// `memory`: of the groups; it outlives them, and gives nothing back before its own end.
  RowGroups(Grouping grouping, std::pmr::memory_resource& memory);
  RowGroups(const RowGroups&) = delete;
  RowGroups& operator=(const RowGroups&) = delete;

  /// How many levels the next row may be on: one row of four one more than the other three.
  int next_height();
  /// A row of SkipList::make_row, whose bytes are complete, and whose key and number are new.
  void insert(const char* row);
  /// Before a row is inserted: fetches what those behind it will read.
  void look_ahead(Upcoming& rows) const;
  /// The group of that key; nullptr: it has no rows.
  const SkipList* find(const rocksdb::Slice& internal_key) const;
  /// Every group there is, in order, with its prefix. Takes time: n log n, and memory.
  struct Member {
    rocksdb::Slice prefix;  ///< Of bytes of a row.
    const SkipList* rows;
  };
  std::vector<Member> in_order() const;

  /// Bytes besides those of the rows and of the groups.
  std::size_t memory() const { return sizeof *this + grouping_.buckets * sizeof(Bucket); }

 private:
  struct Group {
    Group* next = nullptr;  ///< Of its bucket; set before it is seen.
    std::uint64_t hash = 0;
    SkipList rows;
  };
  using Bucket = std::atomic<Group*>;
  struct Free {
    void operator()(Bucket* buckets) const { std::free(buckets); }
  };

  template <class AnyRow>
  Group* find(const rocksdb::Slice& prefix, std::uint64_t hash, AnyRow row_of) const;
  rocksdb::Slice prefix_of(const rocksdb::Slice& internal_key) const;
  Bucket& bucket(std::uint64_t hash) const { return buckets_[hash & (grouping_.buckets - 1)]; }

  const Grouping grouping_;
  std::unique_ptr<Bucket[], Free> buckets_;
  std::pmr::memory_resource& memory_;
  std::uint32_t random_ = 0x9E3779B9;
};

}  // namespace parley::store::embedded
