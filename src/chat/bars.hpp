#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "chat/ids.hpp"

namespace parley::chat {

/// Who is disabled, as far as this process knows: their tokens are refused though they are genuine.
/// Any thread; while nobody is, asking costs one load.
class Bars {
 public:
  bool has(UserId user) const;
  /// Gives those who were not barred before.
  std::vector<UserId> replace(std::vector<UserId> users);

 private:
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::vector<UserId> users_;  ///< Sorted.
};

}  // namespace parley::chat
