#include "load/bench.hpp"

#include <iostream>

#include "app/commands.hpp"

namespace parley::app {

int bench(const load::Plan& plan) {
  return load::run(plan, std::cout, std::cerr) ? exit_ok : exit_failed;
}

}  // namespace parley::app
