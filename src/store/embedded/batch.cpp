#include "store/embedded/batch.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace parley::store::embedded {

namespace {
/// The eight bytes at `at`; zeros follow the last one.
std::uint64_t word_of(std::string_view key, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, key.data() + at, std::min(sizeof word, key.size() - at));
  return word;
}

std::uint64_t spread(std::uint64_t word) {
  word *= 0xD6E8FEB86659FD93ULL;
  return word ^ word >> 32;
}
}  // namespace

std::size_t Batch::KeyHash::operator()(std::string_view key) const {
  std::uint64_t hash = 0x9E3779B97F4A7C15ULL ^ key.size();
  for (std::size_t at = 0; at < key.size(); at += sizeof hash)
    hash = spread(hash ^ word_of(key, at));
  return static_cast<std::size_t>(spread(hash));
}

Batch::Batch() : first_block_(kept_memory), memory_(first_block_.data(), first_block_.size()) {}

std::string_view Batch::keep(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* copy = static_cast<char*>(memory_.allocate(bytes.size(), 1));
  std::memcpy(copy, bytes.data(), bytes.size());
  return {copy, bytes.size()};
}

Batch::Row& Batch::row_of(Table table, std::string_view key) {
  std::vector<Row>& rows = rows_[number(table)];
  Index& known = known_[number(table)];
  if (const auto found = known.find(key); found != known.end()) return rows[found->second];
  const std::string_view kept = keep(key);
  known.emplace(kept, static_cast<std::uint32_t>(rows.size()));
  return rows.emplace_back(Row{kept, {}, false});
}

void Batch::put(Table table, std::string_view key, std::string_view value) {
  Row& row = row_of(table, key);
  row.value = keep(value);
  row.erased = false;
}

void Batch::erase(Table table, std::string_view key) {
  Row& row = row_of(table, key);
  row.value = {};
  row.erased = true;
}

void Batch::add(Table table, std::string_view key, std::string_view value) {
  assert(find(table, key) == nullptr);
  rows_[number(table)].push_back({keep(key), keep(value), false});
}

const Batch::Row* Batch::find(Table table, std::string_view key) const {
  const Index& known = known_[number(table)];
  const auto found = known.find(key);
  return found == known.end() ? nullptr : &rows_[number(table)][found->second];
}

rocksdb::WriteBatch& Batch::write(Engine& engine) {
  written_.Clear();
  for (const Table table : {Table::people, Table::chat}) {
    for (const Row& row : rows_[number(table)]) {
      [[maybe_unused]] const auto status =
          row.erased ? written_.Delete(engine.table(table), row.key)
                     : written_.Put(engine.table(table), row.key, row.value);
      assert(status.ok());
    }
  }
  return written_;
}

void Batch::clear() {
  for (const Table table : {Table::people, Table::chat}) {
    known_[number(table)].clear();
    rows_[number(table)].clear();
  }
  memory_.release();
}

}  // namespace parley::store::embedded
