#include "nodes/name.hpp"

#include <random>

namespace parley::nodes {

std::string new_name() {
  constexpr std::size_t digits = 12;
  std::random_device random;
  std::uniform_int_distribution<unsigned> digit{0, 15};
  std::string name;
  for (std::size_t i = 0; i < digits; ++i) name += "0123456789abcdef"[digit(random)];
  return name;
}

}  // namespace parley::nodes
