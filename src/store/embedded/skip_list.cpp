#include "store/embedded/skip_list.hpp"

#include <bit>
#include <functional>
#include <new>
#include <string_view>

#include "store/embedded/row_order.hpp"

namespace parley::store::embedded {

namespace {
// In front of a row's bytes stand its height, one byte, and before that its links, lowest level
// last.
using Link = std::atomic<const char*>;

int height_of(const char* row) { return row[-1]; }

Link& link(const char* row, int level) {
  auto* end = reinterpret_cast<Link*>(const_cast<char*>(row) - 1);
  return end[-1 - level];
}

char* align(char* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return memory + (-address & (alignof(Link) - 1));
}
}  // namespace

SkipList::SkipList(NeighboursOf neighbours)
    : neighbours_(neighbours),
      head_(make_row(head_memory_.data(), max_height)),
      fingers_(std::make_unique<const char*[]>(slots)) {}

int SkipList::next_height() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  return 1 + std::min(std::countr_zero(random_) / 2, max_height - 1);
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

void SkipList::insert(const char* row) {
  const rocksdb::Slice key = internal_key_of(row);
  const rocksdb::Slice user_key(key.data(), key.size() - row_trailer);
  const Neighbours near = neighbours_(user_key);
  const std::string_view prefix(key.data(), near.prefix);
  const char*& finger = fingers_[std::hash<std::string_view>()(prefix) % slots];

  const bool helps =
      finger != nullptr && finger != head() && compare_rows(internal_key_of(finger), key) < 0;
  Place before;
  const int known = climb(helps ? finger : head(), key, before);
  const int height = height_of(row);
  if (height > known) descend(head(), max_height - 1, known, key, before);
  // The row before it, for the neighbour that comes next may be a newer row of the same key.
  if (near.ascending || !helps) finger = before[0];

  for (int level = 0; level < height; ++level) {
    Link& previous = link(before[level], level);
    link(row, level).store(previous.load(std::memory_order_relaxed), std::memory_order_relaxed);
    previous.store(row, std::memory_order_release);
  }
}

/// Goes from `from`, which is before `key`, along the highest links there are, until they lead
/// beyond it, and down. The number of levels of `before` that it has found.
int SkipList::climb(const char* from, const rocksdb::Slice& key, Place& before) const {
  for (;;) {
    const int top = height_of(from) - 1;
    const char* next = link(from, top).load(std::memory_order_acquire);
    if (next == nullptr || compare_rows(internal_key_of(next), key) >= 0) {
      descend(from, top, 0, key, before);
      return top + 1;
    }
    from = next;
  }
}

void SkipList::descend(const char* from, int top, int bottom, const rocksdb::Slice& key,
                       Place& before) {
  const char* beyond = nullptr;
  for (int level = top; level >= bottom; --level) {
    const char* next = link(from, level).load(std::memory_order_acquire);
    while (next != beyond && compare_rows(internal_key_of(next), key) < 0) {
      from = next;
      next = link(from, level).load(std::memory_order_acquire);
    }
    beyond = next;
    before[level] = from;
  }
}

const char* SkipList::first() const { return next(head()); }

const char* SkipList::last() const {
  const char* row = head();
  for (int level = max_height - 1; level >= 0; --level) {
    while (const char* next = link(row, level).load(std::memory_order_acquire)) row = next;
  }
  return row == head() ? nullptr : row;
}

const char* SkipList::next(const char* row) { return link(row, 0).load(std::memory_order_acquire); }

const char* SkipList::at_or_after(const rocksdb::Slice& internal_key) const {
  Place before;
  descend(head(), max_height - 1, 0, internal_key, before);
  // A row that went in meanwhile may be before the key.
  const char* row = next(before[0]);
  while (row != nullptr && compare_rows(internal_key_of(row), internal_key) < 0) row = next(row);
  return row;
}

const char* SkipList::last_before(const rocksdb::Slice& internal_key) const {
  Place before;
  descend(head(), max_height - 1, 0, internal_key, before);
  return before[0] == head() ? nullptr : before[0];
}

std::size_t SkipList::memory() const { return sizeof *this + slots * sizeof(const char*); }

}  // namespace parley::store::embedded
