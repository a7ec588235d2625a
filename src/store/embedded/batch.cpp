#include "store/embedded/batch.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

namespace {
/// Eight bytes that RocksDB fills in, then the number of rows in four, little-endian.
constexpr std::size_t header_size = 12, count_at = 8;
/// The first byte of a record. Those of a family that is not the default one name it next.
constexpr std::uint8_t erases = 0, puts = 1, erases_of = 4, puts_of = 5;
/// As much memory is there for the next batch, if this one needed it.
constexpr std::size_t most_reserved = 1024 * 1024;

char* put_text(char* at, std::string_view text) {
  at = put_varint(at, text.size());
  return std::copy(text.begin(), text.end(), at);
}

std::uint64_t word_of(const char* at, std::size_t size = sizeof(std::uint64_t)) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, size);
  return word;
}

std::uint64_t spread(std::uint64_t word) {
  word *= 0xD6E8FEB86659FD93ULL;
  return word ^ word >> 32;
}
}  // namespace

std::size_t Batch::Hash::operator()(std::string_view key) const {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::uint64_t hash = 0x9E3779B97F4A7C15ULL ^ key.size();
  if (key.size() < word) return spread(spread(hash ^ word_of(key.data(), key.size())));
  for (std::size_t at = 0; at + word < key.size(); at += word)
    hash = spread(hash ^ word_of(key.data() + at));
  // The last word overlaps the one before.
  return spread(spread(hash ^ word_of(key.data() + key.size() - word)));
}

Batch::Batch(Engine& engine)
    : engine_(&engine),
      family_{engine.table(Table::people)->GetID(), engine.table(Table::chat)->GetID()},
      rows_(header_size, '\0'),
      known_{Index(0, Hash{this}, Same{this}), Index(0, Hash{this}, Same{this})} {}

Batch::RowAt Batch::append(Table table, std::string_view key, const std::string_view* value) {
  const std::size_t at = rows_.size();
  assert(at <= ~RowAt{0});
  rows_.resize(at + 1 + 3 * max_varint + key.size() + (value != nullptr ? value->size() : 0));
  char* end = rows_.data() + at;
  const std::uint32_t family = family_[number(table)];
  *end++ = static_cast<char>(value != nullptr ? (family == 0 ? puts : puts_of)
                                              : (family == 0 ? erases : erases_of));
  if (family != 0) end = put_varint(end, family);
  end = put_text(end, key);
  if (value != nullptr) end = put_text(end, *value);
  rows_.resize(static_cast<std::size_t>(end - rows_.data()));
  ++count_;
  if (table == Table::chat) groups_.push_back(hash_of({key.data(), keys::chat_group(key)}));
  return static_cast<RowAt>(at);
}

Batch::Row Batch::row(RowAt at) const {
  Parser in(std::string_view(rows_).substr(at));
  const std::uint8_t kind = in.u8();
  if (kind == erases_of || kind == puts_of) in.varint();
  Row row{in.text(), {}, kind == erases || kind == erases_of};
  if (!row.erased) row.value = in.text();
  return row;
}

void Batch::know(Table table, RowAt at) {
  Index& known = known_[number(table)];
  const auto [before, is_new] = known.insert(at);
  if (is_new) return;
  known.erase(before);
  known.insert(at);
}

void Batch::put(Table table, std::string_view key, std::string_view value) {
  know(table, append(table, key, &value));
}

void Batch::erase(Table table, std::string_view key) { know(table, append(table, key, nullptr)); }

void Batch::add(Table table, std::string_view key, std::string_view value) {
  assert(!find(table, key));
  append(table, key, &value);
}

std::optional<Batch::Row> Batch::find(Table table, std::string_view key) const {
  const Index& known = known_[number(table)];
  const auto found = known.find(key);
  return found == known.end() ? std::nullopt : std::optional(row(*found));
}

rocksdb::WriteBatch Batch::take() {
  for (int i = 0; i < 4; ++i) rows_[count_at + i] = static_cast<char>(count_ >> 8 * i);
  last_size_ = rows_.size();
  std::string rows(header_size, '\0');
  rows.swap(rows_);
  engine_->upcoming().hashes.swap(groups_);
  engine_->upcoming().next = 0;
  return rocksdb::WriteBatch(std::move(rows));
}

void Batch::clear() {
  for (Index& known : known_) known.clear();
  rows_.assign(header_size, '\0');
  rows_.reserve(std::min(last_size_, most_reserved));
  groups_.clear();
  count_ = 0;
}

}  // namespace parley::store::embedded
