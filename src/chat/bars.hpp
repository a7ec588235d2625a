#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "chat/ended_logins.hpp"

namespace parley::chat {

/// Whose tokens are refused though they are genuine, as far as this process knows: those who are
/// disabled, and logins that have ended. The store knows both. Any thread; while there are none,
/// asking costs one load.
class Bars {
 public:
  bool has(UserId user) const;
  bool has_ended(const Claims& access) const;
  /// Gives those who were not barred before.
  std::vector<UserId> replace(std::vector<UserId> users);
  /// `until`: when the last of its access tokens expires. False: it was known already.
  bool end(const Ending& ending, Time until);

 private:
  std::atomic<bool> any_{false};
  std::atomic<bool> any_ended_{false};
  mutable std::mutex mutex_;
  std::vector<UserId> users_;  ///< Sorted.
  EndedLogins ended_;
};

}  // namespace parley::chat
