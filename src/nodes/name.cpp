#include "nodes/name.hpp"

#include "base/hex.hpp"

namespace parley::nodes {

std::string new_name() { return random_hex(6); }

}  // namespace parley::nodes
