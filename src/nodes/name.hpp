#pragma once

#include <functional>
#include <string>

#include "base/time.hpp"

namespace parley::nodes {

/// A new name for a node: 12 hex digits from the system's randomness. A name that was used once is
/// never used again: a process that starts anew is a new node.
std::string new_name();

struct ThisNode {
  std::string name;                        ///< Among all, plain letters and digits.
  std::function<Time()> clock = wall_now;  ///< The one that all nodes share.
};

}  // namespace parley::nodes
