#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "chat/ports/presence_store.hpp"
#include "chat/present_users.hpp"

namespace parley::nodes {

/// Who is connected to this process, for as long as it is the only one. Of those who left it
/// remembers the latest `remembered` at least; of the others their accounts do. Any thread.
class LocalPresence final : public chat::PresenceStore {
 public:
  static constexpr std::size_t remembered = 100'000;

  Task<Result<bool>> arrive(chat::UserId user, std::string device, Time now) override;
  Task<Result<bool>> leave(chat::UserId user, std::string device, Time now) override;
  Task<Result<std::vector<chat::Presence>>> status(std::vector<chat::UserId> users) override;
  /// Any thread, without waiting.
  bool is_online(const chat::UserId& user) const;

 private:
  using LastSeen = std::unordered_map<chat::UserId, Time>;

  void remember(chat::UserId user, Time now);
  std::optional<Time> last_seen(chat::UserId user) const;

  mutable std::mutex mutex_;  ///< Held for a few look-ups, never while waiting.
  chat::PresentUsers present_;
  /// Two generations: when the first is full, it becomes the second.
  LastSeen left_, left_before_;
};

}  // namespace parley::nodes
