#include "jobs/detail/claims.hpp"

namespace parley::jobs::detail {

const Owner* Claims::find(const std::string& id) const {
  const auto found = owners_.find(id);
  return found == owners_.end() ? nullptr : &found->second;
}

void Claims::set(const std::string& id, Owner owner) {
  erase(id);
  if (owner.until) ends_.emplace(*owner.until, id);
  owners_.emplace(id, std::move(owner));
}

bool Claims::erase(const std::string& id) {
  const auto found = owners_.find(id);
  if (found == owners_.end()) return false;
  if (found->second.until) ends_.erase({*found->second.until, id});
  owners_.erase(found);
  return true;
}

std::vector<std::string> Claims::expire(Time now, std::size_t limit) {
  std::vector<std::string> ended;
  while (ended.size() < limit && !ends_.empty() && ends_.begin()->first <= now) {
    ended.push_back(ends_.begin()->second);
    erase(ended.back());
  }
  return ended;
}

std::vector<std::string> Claims::some(std::size_t limit) const {
  std::vector<std::string> ids;
  for (auto one = owners_.begin(); one != owners_.end() && ids.size() < limit; ++one)
    ids.push_back(one->first);
  return ids;
}

}  // namespace parley::jobs::detail
