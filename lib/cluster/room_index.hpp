#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/string_hash.hpp"
#include "socketio/rooms.hpp"

namespace parley::cluster {

/// The rooms that have members in this process: how many of its shards have some. Lives on one
/// shard.
class RoomIndex {
 public:
  /// True when nobody held it before.
  bool add(std::string_view room) {
    auto found = rooms_.find(room);
    if (found == rooms_.end()) found = rooms_.try_emplace(std::string{room}, 0).first;
    return ++found->second == 1;
  }
  /// True when nobody holds it any more.
  bool remove(std::string_view room) {
    const auto found = rooms_.find(room);
    if (found == rooms_.end() || --found->second > 0) return false;
    rooms_.erase(found);
    return true;
  }

  bool contains(std::string_view room) const { return rooms_.find(room) != rooms_.end(); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    names.reserve(rooms_.size());
    for (const auto& [name, holders] : rooms_) names.push_back(name);
    return names;
  }
  std::size_t size() const { return rooms_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t, StringHash, std::equal_to<>> rooms_;
};

}  // namespace parley::cluster
