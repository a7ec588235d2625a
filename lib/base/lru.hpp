#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <iterator>
#include <list>
#include <utility>

namespace parley {

/// A cache of about the `capacity` most recently used entries: a second-chance queue. Trimming
/// walks from the oldest entry on; one that was used since the walk last passed it goes to the
/// front once more, the others are forgotten. So a use writes to its own entry alone, and
/// references to values are good until the next trim.
template <class Key, class Value, class Hash = std::hash<Key>>
class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_(capacity) {}

  /// nullptr when absent; otherwise it is now used.
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    found->second->is_used = true;
    return &found->second->value;
  }

  /// `key` must be absent.
  Value& insert(const Key& key, Value value) {
    entries_.push_front({key, std::move(value)});
    index_.emplace(key, entries_.begin());
    return entries_.front().value;
  }

  /// Forgets what is above `capacity`.
  void trim() {
    while (entries_.size() > capacity_) {
      if (std::exchange(entries_.back().is_used, false)) {
        entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
      } else {
        index_.erase(entries_.back().key);
        entries_.pop_back();
      }
    }
  }

  void clear() {
    index_.clear();
    entries_.clear();
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Key key;
    Value value;
    bool is_used = false;
  };
  using Entries = std::list<Entry>;
  std::size_t capacity_;
  Entries entries_;
  boost::unordered_flat_map<Key, typename Entries::iterator, Hash> index_;
};

}  // namespace parley
