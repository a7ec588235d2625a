#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <list>
#include <utility>

namespace parley::store::embedded {

/// The `capacity` most recently used entries, once trimmed. Entries stay where they are until then.
template <class Key, class Value, class Hash = std::hash<Key>>
class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_(capacity) {}

  /// nullptr when absent; otherwise it is now the most recently used.
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  /// `key` must be absent.
  Value& insert(const Key& key, Value value) {
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

  /// Forgets the least recently used ones above `capacity`.
  void trim() {
    while (entries_.size() > capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
  }

  void clear() {
    index_.clear();
    entries_.clear();
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  std::size_t capacity_;
  Entries entries_;
  boost::unordered_flat_map<Key, typename Entries::iterator, Hash> index_;
};

}  // namespace parley::store::embedded
