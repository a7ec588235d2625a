#include "jobs/detail/event_ring.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace parley::jobs::detail {

void EventRing::add(Event event) {
  char id[24];
  std::snprintf(id, sizeof id, "%017llu-0", static_cast<unsigned long long>(next_++));
  event.id = id;
  events_.push_back(std::move(event));
  if (events_.size() > capacity_) events_.pop_front();
}

std::vector<Event> EventRing::after(const std::string& after, std::size_t limit) const {
  const auto is_older = [](const std::string& id, const Event& event) { return id < event.id; };
  const auto first = std::upper_bound(events_.begin(), events_.end(), after, is_older);
  const auto left = static_cast<std::size_t>(events_.end() - first);
  return {first, first + static_cast<std::ptrdiff_t>(std::min(limit, left))};
}

}  // namespace parley::jobs::detail
