#include "store/embedded/insert_hints.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "store/embedded/keys.hpp"

namespace parley::store::embedded {

namespace {
constexpr std::size_t prefix_length = 13;  // tag and id: see keys.hpp, Table::chat

bool is_message_id(const rocksdb::Slice& key) { return key[0] == keys::message_id_tag; }
}  // namespace

rocksdb::Slice InsertHints::Transform(const rocksdb::Slice& key) const {
  return {key.data(), is_message_id(key) ? 1 : std::min(key.size(), prefix_length)};
}

bool InsertHints::InDomain(const rocksdb::Slice& key) const {
  if (key.empty()) return false;
  if (is_message_id(key)) return true;
  const rocksdb::Slice prefix = Transform(key);
  const std::size_t hash = std::hash<std::string_view>()({prefix.data(), prefix.size()});
  const auto fingerprint = static_cast<std::uint32_t>(hash >> 32 | 1);
  return std::exchange(seen_[hash % slots], fingerprint) == fingerprint;
}

}  // namespace parley::store::embedded
