#include "nodes/local_presence.hpp"

#include <utility>

namespace parley::nodes {

using Change = chat::PresentUsers::Change;

Task<Result<bool>> LocalPresence::arrive(chat::UserId user, std::string device, Time) {
  const std::lock_guard lock{mutex_};
  co_return present_.enter(user, std::move(device)) == Change::edge;
}

Task<Result<bool>> LocalPresence::leave(chat::UserId user, std::string device, Time now) {
  const std::lock_guard lock{mutex_};
  if (present_.leave(user, device) != Change::edge) co_return false;
  remember(user, now);
  co_return true;
}

Task<Result<std::vector<chat::Presence>>> LocalPresence::status(std::vector<chat::UserId> users) {
  const std::lock_guard lock{mutex_};
  std::vector<chat::Presence> all;
  for (const chat::UserId user : users) all.push_back({user, present_.has(user), last_seen(user)});
  co_return all;
}

bool LocalPresence::is_online(const chat::UserId& user) const {
  const std::lock_guard lock{mutex_};
  return present_.has(user);
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
