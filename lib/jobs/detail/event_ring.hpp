#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "jobs/queue.hpp"

namespace parley::jobs::detail {

/// The newest events of a queue; their ids sort as texts.
class EventRing {
 public:
  EventRing(std::size_t capacity, std::uint64_t first) : capacity_(capacity), next_(first) {}

  void add(Event event);
  /// Up to `limit` after the one whose id is `after`.
  std::vector<Event> after(const std::string& after, std::size_t limit) const;
  std::uint64_t next() const { return next_; }
  void clear() { events_.clear(); }

 private:
  std::size_t capacity_;
  std::uint64_t next_;
  std::deque<Event> events_;
};

}  // namespace parley::jobs::detail
