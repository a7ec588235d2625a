#include "store/embedded/row_groups.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <random>

#include "store/embedded/row_order.hpp"

namespace parley::store::embedded {

std::uint64_t hash_of(const rocksdb::Slice& prefix) {
  static const std::uint64_t seed = [] {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
  }();
  return XXH3_64bits_withSeed(prefix.data(), prefix.size(), seed);
}

namespace {
/// What a prefix begins with, as a number of the same order.
struct SortKey {
  explicit SortKey(const RowGroups::Member& of) : member(of) {
    std::array<char, 16> bytes{};
    std::memcpy(bytes.data(), member.prefix.data(), std::min(bytes.size(), member.prefix.size()));
    high = __builtin_bswap64(detail::word_at(bytes.data()));
    low = __builtin_bswap64(detail::word_at(bytes.data() + 8));
  }
  bool operator<(const SortKey& other) const {
    if (high != other.high) return high < other.high;
    if (low != other.low) return low < other.low;
    return member.prefix.compare(other.member.prefix) < 0;
  }

  std::uint64_t high, low;
  RowGroups::Member member;
};
}  // namespace

RowGroups::RowGroups(Grouping grouping, std::pmr::memory_resource& memory)
    : grouping_(grouping),
      // Pages that nothing has written to take no memory, so a quiet memtable is a small one. All
      // bits zero is a null pointer.
      buckets_(static_cast<Bucket*>(std::calloc(grouping.buckets, sizeof(Bucket)))),
      memory_(memory) {
  if (!buckets_) throw std::bad_alloc();
}

int RowGroups::next_height() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  return 1 + std::min(std::countr_zero(random_) / 2, SkipList::max_height - 1);
}

rocksdb::Slice RowGroups::prefix_of(const rocksdb::Slice& internal_key) const {
  const rocksdb::Slice key(internal_key.data(), internal_key.size() - row_trailer);
  return {key.data(), grouping_.prefix(key)};
}

void RowGroups::insert(const char* row) {
  const rocksdb::Slice prefix = prefix_of(internal_key_of(row));
  const std::uint64_t hash = hash_of(prefix);
  Group* group = find(prefix, hash, [](const SkipList& rows) { return rows.tail(); });
  if (group != nullptr) return group->rows.insert(row, memory_);
  group = new (memory_.allocate(sizeof(Group), alignof(Group))) Group;
  group->hash = hash;
  group->rows.insert(row, memory_);
  Bucket& bucket = this->bucket(hash);
  group->next = bucket.load(std::memory_order_relaxed);
  bucket.store(group, std::memory_order_release);
}

void RowGroups::look_ahead(Upcoming& rows) const {
  const auto coming = [&](std::size_t ahead) -> Bucket* {
    const std::size_t at = rows.next + ahead;
    return at < rows.hashes.size() ? &bucket(rows.hashes[at]) : nullptr;
  };
  if (const Bucket* place = coming(12)) __builtin_prefetch(place);
  if (const Bucket* place = coming(8)) __builtin_prefetch(place->load(std::memory_order_relaxed));
  if (const Bucket* place = coming(4)) {
    const Group* group = place->load(std::memory_order_relaxed);
    if (group != nullptr) group->rows.fetch_ends();
  }
  ++rows.next;
}

const SkipList* RowGroups::find(const rocksdb::Slice& internal_key) const {
  const rocksdb::Slice prefix = prefix_of(internal_key);
  const Group* group =
      find(prefix, hash_of(prefix), [](const SkipList& rows) { return rows.first(); });
  return group == nullptr ? nullptr : &group->rows;
}

/// The whole hash tells groups apart, as good as always; a row of the group makes sure.
template <class AnyRow>
RowGroups::Group* RowGroups::find(const rocksdb::Slice& prefix, std::uint64_t hash,
                                  AnyRow row_of) const {
  Group* group = bucket(hash).load(std::memory_order_acquire);
  while (group != nullptr &&
         (group->hash != hash || prefix_of(internal_key_of(row_of(group->rows))) != prefix))
    group = group->next;
  return group;
}

std::vector<RowGroups::Member> RowGroups::in_order() const {
  constexpr std::size_t ahead = 8;  // Most of the time here would be waiting for memory.
  std::vector<const Group*> groups;
  for (std::size_t i = 0; i < grouping_.buckets; ++i) {
    if (i + ahead < grouping_.buckets)
      __builtin_prefetch(buckets_[i + ahead].load(std::memory_order_relaxed));
    const Group* group = buckets_[i].load(std::memory_order_acquire);
    for (; group != nullptr; group = group->next) groups.push_back(group);
  }
  std::vector<SortKey> keys;
  keys.reserve(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i + ahead < groups.size()) __builtin_prefetch(groups[i + ahead]->rows.first());
    const SkipList& rows = groups[i]->rows;
    keys.emplace_back(Member{prefix_of(internal_key_of(rows.first())), &rows});
  }
  std::sort(keys.begin(), keys.end());
  std::vector<Member> members;
  members.reserve(keys.size());
  for (const SortKey& key : keys) members.push_back(key.member);
  return members;
}

}  // namespace parley::store::embedded
