#pragma once

#include <rocksdb/slice.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

/// The order of a memtable's rows: keys by their bytes, of one key the newest row first. It is that
/// of RocksDB for column families in bytewise order, which all of ours are. Source: MemTable::Add;
/// rocksdb/memtablerep.h, KeyComparator ("the format of key is frozen").
namespace parley::store::embedded {

/// A row begins with the length of its internal key as a varint. The internal key is the user's and
/// eight bytes, little-endian: sequence number << 8 | kind of row. The kind is no part of the
/// order: two rows of one number are duplicates.
inline constexpr std::size_t row_trailer = 8;

inline rocksdb::Slice internal_key_of(const char* row) {
  const auto first = static_cast<std::uint8_t>(*row);
  if (first < 0x80) return {row + 1, first};
  std::size_t size = first & 0x7F;
  for (unsigned shift = 7;; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*++row);
    size |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return {row + 1, size};
  }
}

namespace detail {
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
}  // namespace detail

/// Negative, 0 or positive.
inline int compare_rows(const rocksdb::Slice& internal_key, const rocksdb::Slice& other) {
  const std::size_t size = internal_key.size() - row_trailer;
  const std::size_t other_size = other.size() - row_trailer;
  const int order =
      detail::compare_bytes(internal_key.data(), other.data(), std::min(size, other_size));
  if (order != 0) return order;
  if (size != other_size) return size < other_size ? -1 : 1;
  const std::uint64_t number = detail::word_at(internal_key.data() + size) >> 8;
  const std::uint64_t other_number = detail::word_at(other.data() + size) >> 8;
  return number == other_number ? 0 : number > other_number ? -1 : 1;
}

}  // namespace parley::store::embedded
