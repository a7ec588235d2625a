#include "chat/fakes/memory_presence.hpp"

namespace parley::chat::fakes {

Task<Result<bool>> MemoryPresence::arrive(UserId user, std::string device, Time) {
  const std::lock_guard lock{mutex_};
  Known& known = users_[user];
  const bool first = known.devices.empty();
  known.devices.insert(device);
  co_return first;
}

Task<Result<bool>> MemoryPresence::leave(UserId user, std::string device, Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = users_.find(user);
  if (found == users_.end() || found->second.devices.erase(device) == 0) co_return false;
  if (!found->second.devices.empty()) co_return false;
  found->second.last_seen = now;
  co_return true;
}

Task<Result<std::vector<Presence>>> MemoryPresence::status(std::vector<UserId> users) {
  const std::lock_guard lock{mutex_};
  std::vector<Presence> all;
  for (const UserId user : users) {
    Presence presence{user, false, std::nullopt};
    if (const auto found = users_.find(user); found != users_.end()) {
      presence.online = !found->second.devices.empty();
      presence.last_seen = found->second.last_seen;
    }
    all.push_back(presence);
  }
  co_return all;
}

}  // namespace parley::chat::fakes
