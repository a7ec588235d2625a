#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include "store/embedded/row_order.hpp"
#include "store/embedded/skip_list.hpp"

/// Rows as RocksDB gives them to a memtable, for tests.
namespace parley::store::embedded {

inline std::string internal(std::string key, std::uint64_t number, std::uint8_t kind = 1) {
  std::uint64_t trailer = number << 8 | kind;
  for (int i = 0; i < 8; ++i, trailer >>= 8) key.push_back(static_cast<char>(trailer & 0xFF));
  return key;
}

inline std::string row(const std::string& key) {
  const std::size_t size = key.size();
  const std::string length =
      size < 0x80 ? std::string{static_cast<char>(size)}
                  : std::string{static_cast<char>(size | 0x80), static_cast<char>(size >> 7)};
  return length + key + "a value, which counts for nothing";
}

inline std::string random_key(std::mt19937_64& random, std::size_t longest) {
  std::string key(random() % (longest + 1), '\0');
  for (char& byte : key) byte = static_cast<char>(random() % 2 == 0 ? random() % 256 : 'a');
  return key;
}

struct ByOrder {
  bool operator()(const std::string& one, const std::string& other) const {
    return compare_rows(one, other) < 0;
  }
};

inline std::string key_of(const char* found) {
  return found == nullptr ? "none" : internal_key_of(found).ToString();
}

/// Memory at any address, as an arena gives it.
class RowMemory {
 public:
  const char* make(const std::string& internal_key, int height) {
    const std::string bytes = row(internal_key);
    memory_.emplace_back(SkipList::room(height) + bytes.size() + offset_, '\0');
    char* made = SkipList::make_row(memory_.back().data() + offset_, height);
    offset_ = (offset_ + 1) % 8;
    std::copy(bytes.begin(), bytes.end(), made);
    return made;
  }

 private:
  std::deque<std::string> memory_;
  std::size_t offset_ = 0;
};

}  // namespace parley::store::embedded
