#pragma once

#include <string>

#include "load/outcome.hpp"
#include "load/plan.hpp"

namespace parley::load {

/// One HTML file that needs nothing else: the table, and plots as SVG.
std::string page_of(const Plan& plan, const Outcome& outcome);

}  // namespace parley::load
