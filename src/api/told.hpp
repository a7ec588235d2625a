#pragma once

#include <algorithm>
#include <vector>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::api {

/// The messages that a device was told of lately. Where what is stored and what is published may
/// overlap (chat::no_cut), it keeps a device from getting one of them twice. Lives on one shard.
class Told {
 public:
  /// What is older can come from one side only.
  static constexpr std::chrono::seconds memory{300};
  static constexpr std::size_t small = 32;

  /// False when the device was told before.
  bool add(chat::MessageId id, Time now) {
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) return false;
    if (ids_.size() >= limit_) forget(now);
    ids_.push_back(id);
    return true;
  }
  std::size_t size() const { return ids_.size(); }

 private:
  /// Drops the old ones; where all are young, there is room for as many again.
  void forget(Time now) {
    std::erase_if(ids_, [now](chat::MessageId id) { return id_time(id) + memory < now; });
    limit_ = std::max(small, 2 * ids_.size());
  }
  /// An ObjectId begins with the seconds at which it was made.
  static Time id_time(chat::MessageId id) {
    std::int64_t seconds = 0;
    for (std::size_t i = 0; i < 4; ++i) seconds = seconds << 8 | id.bytes[i];
    return from_unix_ms(seconds * 1000);
  }

  std::vector<chat::MessageId> ids_;
  std::size_t limit_ = small;
};

}  // namespace parley::api
