#pragma once

#include <string>

#include "ops/process_metrics.hpp"

namespace parley::app {

/// Version, commit and compiler of this binary.
ops::BuildInfo build_info();

/// `parley 0.1.0 (commit abc1234, GCC 12.2.0)`
std::string version_line();

}  // namespace parley::app
