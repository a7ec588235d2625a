#include "chat/present_users.hpp"

#include <algorithm>
#include <utility>

namespace parley::chat {

PresentUsers::Change PresentUsers::enter(UserId user, std::string device) {
  const auto [place, is_first] = devices_.try_emplace(user);
  Devices& devices = place->second;
  if (std::find(devices.begin(), devices.end(), device) != devices.end()) return Change::none;
  devices.push_back(std::move(device));
  return is_first ? Change::edge : Change::some;
}

PresentUsers::Change PresentUsers::leave(UserId user, std::string_view device) {
  const auto place = devices_.find(user);
  if (place == devices_.end() || std::erase(place->second, device) == 0) return Change::none;
  if (!place->second.empty()) return Change::some;
  devices_.erase(place);
  return Change::edge;
}

const PresentUsers::Devices* PresentUsers::find(const UserId& user) const {
  const auto place = devices_.find(user);
  return place == devices_.end() ? nullptr : &place->second;
}

std::vector<UserId> PresentUsers::all() const {
  std::vector<UserId> users;
  users.reserve(devices_.size());
  for (const auto& [user, devices] : devices_) users.push_back(user);
  return users;
}

}  // namespace parley::chat
