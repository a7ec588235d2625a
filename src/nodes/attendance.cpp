#include "nodes/attendance.hpp"

#include <utility>

namespace parley::nodes {

Attendance::Change Attendance::enter(chat::UserId user, std::string device) {
  const Change change = here_.enter(user, std::move(device));
  if (change == Change::edge) untold_.insert(user);
  if (change != Change::none) departed_.erase(user);
  return change;
}

Attendance::Change Attendance::leave(chat::UserId user, std::string_view device) {
  const Change change = here_.leave(user, device);
  if (change == Change::edge) untold_.erase(user);
  return change;
}

void Attendance::note_departure(chat::UserId user, Time at) {
  if (departed_.size() < max_departed || departed_.contains(user)) departed_[user] = at;
}

std::optional<Time> Attendance::departed_at(chat::UserId user) const {
  const auto place = departed_.find(user);
  return place == departed_.end() ? std::nullopt : std::optional{place->second};
}

std::vector<Attendance::Departure> Attendance::departures() const {
  std::vector<Departure> all;
  all.reserve(departed_.size());
  for (const auto& [user, at] : departed_) all.push_back({user, at});
  return all;
}

}  // namespace parley::nodes
