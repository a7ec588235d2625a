#include "nodes/local_presence.hpp"

#include <algorithm>
#include <utility>

namespace parley::nodes {

Task<Result<bool>> LocalPresence::arrive(chat::UserId user, std::string device, Time) {
  const std::lock_guard lock{mutex_};
  std::vector<std::string>& devices = devices_[user];
  const bool is_first = devices.empty();
  if (std::find(devices.begin(), devices.end(), device) == devices.end())
    devices.push_back(std::move(device));
  co_return is_first;
}

Task<Result<bool>> LocalPresence::leave(chat::UserId user, std::string device, Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = devices_.find(user);
  if (found == devices_.end() || std::erase(found->second, device) == 0) co_return false;
  if (!found->second.empty()) co_return false;
  devices_.erase(found);
  remember(user, now);
  co_return true;
}

Task<Result<std::vector<chat::Presence>>> LocalPresence::status(std::vector<chat::UserId> users) {
  const std::lock_guard lock{mutex_};
  std::vector<chat::Presence> all;
  for (const chat::UserId user : users)
    all.push_back({user, devices_.contains(user), last_seen(user)});
  co_return all;
}

bool LocalPresence::is_online(const chat::UserId& user) const {
  const std::lock_guard lock{mutex_};
  return devices_.contains(user);
}

void LocalPresence::remember(chat::UserId user, Time now) {
  if (left_.size() >= remembered) left_before_ = std::exchange(left_, {});
  left_[user] = now;
}

std::optional<Time> LocalPresence::last_seen(chat::UserId user) const {
  for (const LastSeen* times : {&left_, &left_before_}) {
    if (const auto found = times->find(user); found != times->end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace parley::nodes
