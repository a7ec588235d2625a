#include "store/embedded/skip_list.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "store/embedded/row_order.hpp"

namespace parley::store::embedded {

namespace {
// In front of a row's bytes stand its height, one byte, and before that its links, lowest level
// last.
int height_of(const char* row) { return row[-1]; }

char* align(char* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return memory + (-address & (alignof(std::atomic<const char*>) - 1));
}
}  // namespace

SkipList::Link& SkipList::link(const char* row, int level) {
  auto* end = reinterpret_cast<Link*>(const_cast<char*>(row) - 1);
  return end[-1 - level];
}

std::size_t SkipList::room(int height) {
  return alignof(Link) - 1 + static_cast<std::size_t>(height) * sizeof(Link) + 1;
}

char* SkipList::make_row(char* memory, int height) {
  auto* links = reinterpret_cast<Link*>(align(memory));
  for (int i = 0; i < height; ++i) new (links + i) Link(nullptr);
  char* row = reinterpret_cast<char*>(links + height) + 1;
  row[-1] = static_cast<char>(height);
  return row;
}

void SkipList::insert(const char* row, std::pmr::memory_resource& memory) {
  const rocksdb::Slice key = internal_key_of(row);
  const int height = grow(height_of(row), memory);
  Level* levels = levels_.load(std::memory_order_relaxed);
  ++size_;
  if (levels->tail == nullptr || compare_rows(internal_key_of(levels->tail), key) < 0)
    return append(row, height);

  std::array<const char*, max_height> before{};
  const char* first = levels->head.load(std::memory_order_relaxed);
  if (compare_rows(internal_key_of(first), key) < 0) descend(this->levels(), key, before.data());
  for (int level = 0; level < height; ++level) {
    Link& previous = before[level] == nullptr ? levels[level].head : link(before[level], level);
    const char* next = previous.load(std::memory_order_relaxed);
    link(row, level).store(next, std::memory_order_relaxed);
    previous.store(row, std::memory_order_release);
    if (next == nullptr) levels[level].tail = row;
  }
}

void SkipList::append(const char* row, int height) {
  Level* levels = levels_.load(std::memory_order_relaxed);
  for (int level = 0; level < height; ++level) {
    const char*& tail = levels[level].tail;
    Link& previous = tail == nullptr ? levels[level].head : link(tail, level);
    previous.store(row, std::memory_order_release);
    tail = row;
  }
}

/// On how many levels a row goes that may be on `height`: a level more than there are, once the
/// list is long enough for it. Who reads the levels that were goes on with these.
int SkipList::grow(int height, std::pmr::memory_resource& memory) {
  const int known = height_.load(std::memory_order_relaxed);
  if (height <= known) return height;
  if (size_ >> (2 * known) == 0) return known;
  const Level* old = levels_.load(std::memory_order_relaxed);
  auto* levels = static_cast<Level*>(
      memory.allocate(sizeof(Level) * static_cast<std::size_t>(known + 1), alignof(Level)));
  for (int level = 0; level <= known; ++level) new (levels + level) Level;
  for (int level = 0; level < known; ++level) {
    levels[level].head.store(old[level].head.load(std::memory_order_relaxed),
                             std::memory_order_relaxed);
    levels[level].tail = old[level].tail;
  }
  levels_.store(levels, std::memory_order_release);
  height_.store(known + 1, std::memory_order_release);
  return known + 1;
}

/// The height first: levels that are read after it are at least so many.
SkipList::Levels SkipList::levels() const {
  const int height = height_.load(std::memory_order_acquire);
  return {levels_.load(std::memory_order_acquire), height};
}

const char* SkipList::descend(const Levels& in, const rocksdb::Slice& key, const char** before) {
  const char* from = nullptr;
  const char* beyond = nullptr;
  for (int level = in.height - 1; level >= 0; --level) {
    const auto after = [&](const char* row) {
      const Link& place = row == nullptr ? in.levels[level].head : link(row, level);
      return place.load(std::memory_order_acquire);
    };
    const char* next = after(from);
    while (next != beyond && compare_rows(internal_key_of(next), key) < 0) {
      from = next;
      next = after(from);
    }
    beyond = next;
    before[level] = from;
  }
  return from;
}

const char* SkipList::first() const {
  return levels_.load(std::memory_order_acquire)->head.load(std::memory_order_acquire);
}

const char* SkipList::last() const {
  const Levels in = levels();
  const char* row = nullptr;
  for (int level = in.height - 1; level >= 0; --level) {
    const char* next = row == nullptr ? in.levels[level].head.load(std::memory_order_acquire)
                                      : link(row, level).load(std::memory_order_acquire);
    for (; next != nullptr; next = link(row, level).load(std::memory_order_acquire)) row = next;
  }
  return row;
}

const char* SkipList::next(const char* row) { return link(row, 0).load(std::memory_order_acquire); }

const char* SkipList::at_or_after(const rocksdb::Slice& internal_key) const {
  std::array<const char*, max_height> before;
  const Levels in = levels();
  const char* row = descend(in, internal_key, before.data());
  row = row == nullptr ? in.levels->head.load(std::memory_order_acquire) : next(row);
  // A row that went in meanwhile may be before the key.
  while (row != nullptr && compare_rows(internal_key_of(row), internal_key) < 0) row = next(row);
  return row;
}

const char* SkipList::last_before(const rocksdb::Slice& internal_key) const {
  std::array<const char*, max_height> before;
  return descend(levels(), internal_key, before.data());
}

}  // namespace parley::store::embedded
