#pragma once

#include <string>

namespace parley::nodes {

/// A new name for a node: 12 hex digits from the system's randomness. A name that was used once is
/// never used again: a process that starts anew is a new node.
std::string new_name();

}  // namespace parley::nodes
