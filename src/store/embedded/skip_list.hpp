#pragma once

#include <rocksdb/slice.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace parley::store::embedded {

/// Which rows of a memtable go in near each other.
struct Neighbours {
  std::size_t prefix = 0;  ///< They share the first bytes of their keys.
  bool ascending = false;  ///< A new one goes in behind the last, mostly; else anywhere.
};
using NeighboursOf = Neighbours (*)(const rocksdb::Slice& key);

/// Rows of a memtable in the order of row_order.hpp. One thread inserts, any number of threads read
/// meanwhile, nothing is taken out. A search for the place of a new row begins where its neighbours
/// went in ("fingers"), so it takes a handful of comparisons in a list of any length. The memory of
/// the rows is the caller's. Source: Pugh, "Skip lists", 1990.
class SkipList {
 public:
  explicit SkipList(NeighboursOf neighbours);
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  /// How many lists the next row will be in: one row of four is in one more than the other three.
  int next_height();
  /// Bytes that a row of this height takes beside its own, wherever they begin.
  static std::size_t room(int height);
  /// Where the row's own bytes go, within memory of `room(height)` and the row's size.
  static char* make_row(char* memory, int height);
  /// A row of `make_row`, whose bytes are complete. Nothing that the list has compares equal to it.
  void insert(const char* row);

  /// nullptr where there is none, here and below.
  const char* first() const;
  const char* last() const;
  static const char* next(const char* row);
  const char* at_or_after(const rocksdb::Slice& internal_key) const;
  const char* last_before(const rocksdb::Slice& internal_key) const;

  /// Bytes besides those of the rows.
  std::size_t memory() const;

 private:
  static constexpr int max_height = 12;
  static constexpr std::size_t slots = 16 * 1024;
  /// The last row before a key, on each level.
  using Place = std::array<const char*, max_height>;

  const char* head() const { return head_; }
  int climb(const char* from, const rocksdb::Slice& key, Place& before) const;
  static void descend(const char* from, int top, int bottom, const rocksdb::Slice& key,
                      Place& before);

  const NeighboursOf neighbours_;
  /// A row that is before all others: links and height, no bytes.
  alignas(std::atomic<const char*>)
      std::array<char, max_height * sizeof(std::atomic<const char*>) + 1> head_memory_{};
  const char* head_;
  std::unique_ptr<const char*[]> fingers_;  ///< By hash of the neighbours' prefix.
  std::uint32_t random_ = 0x9E3779B9;
};

}  // namespace parley::store::embedded
