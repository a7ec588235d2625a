#pragma once

#include <cstddef>
#include <functional>
#include <utility>

namespace parley {

/// Of pairs of what has a hash itself.
struct PairHash {
  template <class First, class Second>
  std::size_t operator()(const std::pair<First, Second>& pair) const {
    return std::hash<First>()(pair.first) * 31 + std::hash<Second>()(pair.second);
  }
};

}  // namespace parley
