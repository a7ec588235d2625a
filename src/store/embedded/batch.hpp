#pragma once

#include <rocksdb/write_batch.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "store/embedded/engine.hpp"

namespace parley::store::embedded {

/// The rows that one batch writes, of each key the last one. Its memory is kept from one batch to
/// the next.
class Batch {
 public:
  struct Row {
    std::string_view key;
    std::string_view value;
    bool erased = false;
  };

  Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void put(Table table, std::string_view key, std::string_view value);
  void erase(Table table, std::string_view key);
  /// A row that the batch has once, and that `find` need not know.
  void add(Table table, std::string_view key, std::string_view value);

  /// nullptr: the batch leaves it as it is. Valid until the next `put` or `erase`.
  const Row* find(Table table, std::string_view key) const;
  /// Rows that `find` knows, in no order.
  template <class Call>
  void for_each(Table table, Call call) const {
    for (const auto& [key, index] : known_[number(table)]) call(rows_[number(table)][index]);
  }
  bool is_empty() const { return rows_[0].empty() && rows_[1].empty(); }

  /// Borrowed by the caller until the next call.
  rocksdb::WriteBatch& write(Engine& engine);
  void clear();

 private:
  struct KeyHash {
    using is_avalanching = void;
    std::size_t operator()(std::string_view key) const;
  };
  using Index = boost::unordered_flat_map<std::string_view, std::uint32_t, KeyHash>;

  static constexpr std::size_t kept_memory = 256 * 1024;
  static std::size_t number(Table table) { return static_cast<std::size_t>(table); }
  Row& row_of(Table table, std::string_view key);
  std::string_view keep(std::string_view bytes);

  std::vector<std::byte> first_block_;
  std::pmr::monotonic_buffer_resource memory_;  ///< Of keys and values.
  std::vector<Row> rows_[2];
  Index known_[2];
  rocksdb::WriteBatch written_;
};

}  // namespace parley::store::embedded
