#pragma once

#include <iosfwd>

#include "load/plan.hpp"

namespace parley::load {

/// Runs the plan: the table (or JSON) goes to `out`, progress and errors to `err`. Blocks. True
/// when the run was made and everything that it checks held.
bool run(const Plan& plan, std::ostream& out, std::ostream& err);

}  // namespace parley::load
