#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "store/embedded/bytes.hpp"
#include "store/embedded/engine.hpp"

namespace parley::store::embedded {

/// All rows of one kind, in the order of keys, as they were at one moment. One thread.
class Walk {
 public:
  /// `after`: what follows the tag in the key before the first row; empty: from the beginning.
  Walk(Engine& engine, const rocksdb::Snapshot* snapshot, Table table, char tag,
       std::string_view after = {})
      : prefix_(1, tag) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.total_order_seek = true;
    rows_.reset(engine.db().NewIterator(options, engine.table(table)));
    const std::string from = prefix_ + std::string(after);
    rows_->Seek(from);
    if (!after.empty() && valid() && rows_->key() == from) rows_->Next();
  }

  /// False behind the last row, and where a row could not be read: `status` tells them apart.
  bool valid() const { return rows_->Valid() && rows_->key().starts_with(prefix_); }
  void next() { rows_->Next(); }
  /// Without the tag.
  Parser key() const {
    return Parser(std::string_view(rows_->key().data(), rows_->key().size()).substr(1));
  }
  /// Borrows until the next move.
  std::string_view value() const { return {rows_->value().data(), rows_->value().size()}; }
  rocksdb::Status status() const { return rows_->status(); }

 private:
  std::string prefix_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

}  // namespace parley::store::embedded
