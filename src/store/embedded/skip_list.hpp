#pragma once

#include <rocksdb/slice.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

namespace parley::store::embedded {

/// Rows in the order of row_order.hpp. One thread inserts, any number of threads read meanwhile,
/// nothing is taken out. A row that goes in behind all others, or in front of them, takes one or
/// two comparisons in a list of any length. The memory of the rows is the caller's, and that of the
/// list is given back by its resource alone. Source: Pugh, "Skip lists", 1990.
class SkipList {
 public:
  SkipList() = default;
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  /// Bytes that a row takes beside its own, wherever they begin, if it may be on so many levels.
  static std::size_t room(int height);
  /// Where the row's own bytes go, within memory of `room(height)` and the row's size.
  static char* make_row(char* memory, int height);
  /// A row of `make_row`, whose bytes are complete. Nothing that the list has compares equal to it.
  void insert(const char* row, std::pmr::memory_resource& memory);

  /// nullptr where there is none, here and below.
  const char* first() const;
  const char* last() const;
  static const char* next(const char* row);
  const char* at_or_after(const rocksdb::Slice& internal_key) const;
  const char* last_before(const rocksdb::Slice& internal_key) const;

  /// The last row, to the inserting thread.
  const char* tail() const { return levels_.load(std::memory_order_relaxed)->tail; }
  /// Asks memory for the rows at both ends. The inserting thread's.
  void fetch_ends() const {
    __builtin_prefetch(tail() - 1);
    __builtin_prefetch(first() - 1);
  }

  static constexpr int max_height = 12;

 private:
  using Link = std::atomic<const char*>;
  struct Level {
    Link head{nullptr};
    const char* tail = nullptr;  ///< The inserting thread's.
  };
  /// A reader's view: the levels that it goes down, however many there are meanwhile.
  struct Levels {
    const Level* levels;
    int height;
  };

  static Link& link(const char* row, int level);
  Levels levels() const;
  /// The last row before the key on each level, nullptr: none; returns that of the lowest.
  static const char* descend(const Levels& in, const rocksdb::Slice& key, const char** before);
  int grow(int height, std::pmr::memory_resource& memory);
  void append(const char* row, int height);

  Level lowest_;
  std::atomic<Level*> levels_{&lowest_};
  std::atomic<int> height_{1};
  std::uint32_t size_ = 0;
};

}  // namespace parley::store::embedded
