#include "store/embedded/memtable.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace parley::store::embedded {

namespace {
/// After the user's key: eight bytes, little-endian, sequence number << 8 | kind of row. The kind
/// is no part of the order: two rows of one number are duplicates.
constexpr std::size_t trailer_size = 8;

/// A row begins with the length of its internal key as a varint.
inline rocksdb::Slice key_of(const char* row) {
  const auto first = static_cast<std::uint8_t>(*row);
  return first < 0x80 ? rocksdb::Slice(row + 1, first) : rocksdb::GetLengthPrefixedSlice(row);
}

inline std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// -1 or 1: which of two different words goes first, byte by byte.
inline int order_of(std::uint64_t one, std::uint64_t other) {
  return __builtin_bswap64(one) < __builtin_bswap64(other) ? -1 : 1;
}

/// The first `size` bytes of both. Most keys differ within 24 bytes: a tag, an id and a number.
inline int compare_bytes(const char* one, const char* other, std::size_t size) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  if (size < word) return std::memcmp(one, other, size);
  for (std::size_t at = 0; at + word < size; at += word) {
    const std::uint64_t a = word_at(one + at), b = word_at(other + at);
    if (a != b) return order_of(a, b);
  }
  // The last word overlaps the one before, which is the same in both.
  const std::uint64_t a = word_at(one + size - word), b = word_at(other + size - word);
  return a == b ? 0 : order_of(a, b);
}

inline int compare(const rocksdb::Slice& one, const rocksdb::Slice& other) {
  const std::size_t size = one.size() - trailer_size, other_size = other.size() - trailer_size;
  if (const int order = compare_bytes(one.data(), other.data(), std::min(size, other_size)))
    return order;
  if (size != other_size) return size < other_size ? -1 : 1;
  const std::uint64_t a = word_at(one.data() + size) >> 8, b = word_at(other.data() + size) >> 8;
  return a == b ? 0 : a > b ? -1 : 1;
}
}  // namespace

int RowOrder::operator()(const char* row, const char* other) const {
  return compare(key_of(row), key_of(other));
}

int RowOrder::operator()(const char* row, const rocksdb::Slice& internal_key) const {
  return compare(key_of(row), internal_key);
}

rocksdb::MemTableRep* Memtables::CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&,
                                                   rocksdb::Allocator* allocator,
                                                   const rocksdb::SliceTransform* prefixes,
                                                   rocksdb::Logger* logger) {
  return rocksdb::SkipListFactory::CreateMemTableRep(order_, allocator, prefixes, logger);
}

}  // namespace parley::store::embedded
