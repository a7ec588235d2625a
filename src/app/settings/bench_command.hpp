#pragma once

#include "load/plan.hpp"

namespace CLI {
class App;
}

namespace parley::app {

/// The command line of `parley bench`. What is asked for goes into `plan`, which outlives the
/// parse.
void describe_bench(CLI::App& command, load::Plan& plan);

}  // namespace parley::app
