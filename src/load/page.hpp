#pragma once

#include <string>

#include "load/outcome.hpp"
#include "load/plan.hpp"

namespace parley::load {

/// One HTML file that needs nothing else: the table, and plots as SVG.
std::string page_of(const Plan& plan, const Outcome& outcome);

/// Text as it stands in HTML.
std::string escaped_html(std::string_view text);

}  // namespace parley::load
