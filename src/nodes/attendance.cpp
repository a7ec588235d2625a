#include "nodes/attendance.hpp"

#include <algorithm>
#include <utility>

namespace parley::nodes {

Attendance::Change Attendance::enter(chat::UserId user, std::string device) {
  const auto [place, is_first] = here_.try_emplace(user);
  auto& devices = place->second.devices;
  if (std::find(devices.begin(), devices.end(), device) != devices.end()) return Change::none;
  devices.push_back(std::move(device));
  departed_.erase(user);
  return is_first ? Change::edge : Change::some;
}

Attendance::Change Attendance::leave(chat::UserId user, std::string_view device) {
  const auto place = here_.find(user);
  if (place == here_.end()) return Change::none;
  auto& devices = place->second.devices;
  if (std::erase(devices, device) == 0) return Change::none;
  if (!devices.empty()) return Change::some;
  here_.erase(place);
  return Change::edge;
}

const Attendance::Entry* Attendance::find(chat::UserId user) const {
  const auto place = here_.find(user);
  return place == here_.end() ? nullptr : &place->second;
}

void Attendance::set_told(chat::UserId user) {
  if (const auto place = here_.find(user); place != here_.end()) place->second.is_told = true;
}

void Attendance::note_departure(chat::UserId user, Time at) {
  if (departed_.size() < max_departed || departed_.contains(user)) departed_[user] = at;
}

std::optional<Time> Attendance::departed_at(chat::UserId user) const {
  const auto place = departed_.find(user);
  return place == departed_.end() ? std::nullopt : std::optional{place->second};
}

std::vector<chat::UserId> Attendance::users() const {
  std::vector<chat::UserId> users;
  users.reserve(here_.size());
  for (const auto& [user, entry] : here_) users.push_back(user);
  return users;
}

std::vector<Attendance::Departure> Attendance::departures() const {
  std::vector<Departure> all;
  all.reserve(departed_.size());
  for (const auto& [user, at] : departed_) all.push_back({user, at});
  return all;
}

}  // namespace parley::nodes
