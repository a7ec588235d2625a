#pragma once

#include <rocksdb/write_batch.h>

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/engine.hpp"

namespace parley::store::embedded {

/// The rows that one batch writes, in the form in which RocksDB logs them: a row is copied here
/// and nowhere else. Of a key that is put twice the last row counts. Source:
/// rocksdb/write_batch.h, the constructor from `rep`; its write_batch.cc has the form, which is
/// frozen as the log's.
class Batch {
 public:
  struct Row {
    std::string_view key;
    std::string_view value;
    bool erased = false;
  };

  explicit Batch(Engine& engine);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void put(Table table, std::string_view key, std::string_view value);
  void erase(Table table, std::string_view key);
  /// A row that the batch has once, and that `find` need not know.
  void add(Table table, std::string_view key, std::string_view value);

  /// nullopt: the batch leaves it as it is. Valid until the next row.
  std::optional<Row> find(Table table, std::string_view key) const;
  /// Rows that `find` knows, in no order.
  template <class Call>
  void for_each(Table table, Call call) const {
    for (const RowAt at : known_[number(table)]) call(row(at));
  }
  bool is_empty() const { return count_ == 0; }

  /// All rows, which the batch then has no more; the engine is told of them as upcoming.
  rocksdb::WriteBatch take();
  void clear();

 private:
  using RowAt = std::uint32_t;  ///< Of its first byte, in `rows_`.
  /// By the key, which lies in `rows_`.
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    const Batch* batch;
    std::size_t operator()(std::string_view key) const;
    std::size_t operator()(RowAt at) const { return (*this)(batch->row(at).key); }
  };
  struct Same {
    using is_transparent = void;
    const Batch* batch;
    bool operator()(RowAt one, RowAt other) const {
      return batch->row(one).key == batch->row(other).key;
    }
    bool operator()(std::string_view key, RowAt at) const { return batch->row(at).key == key; }
    bool operator()(RowAt at, std::string_view key) const { return batch->row(at).key == key; }
  };
  using Index = boost::unordered_flat_set<RowAt, Hash, Same>;

  static std::size_t number(Table table) { return static_cast<std::size_t>(table); }
  Row row(RowAt at) const;
  RowAt append(Table table, std::string_view key, const std::string_view* value);
  void know(Table table, RowAt at);

  Engine* engine_;
  std::uint32_t family_[2];  ///< RocksDB's number of each table.
  std::string rows_;         ///< A header, then one record a row.
  std::uint32_t count_ = 0;
  std::vector<std::uint64_t> groups_;  ///< Hashes of the chat rows' groups: see Upcoming.
  std::size_t last_size_ = 0;          ///< How much memory the next batch is likely to need.
  Index known_[2];
};

}  // namespace parley::store::embedded
