#pragma once

#include <string>

#include "load/outcome.hpp"
#include "load/plan.hpp"

namespace parley::load {

std::string name_of(Scenario scenario);

/// A table for people.
std::string table_of(const Plan& plan, const Outcome& outcome);
/// One JSON object, one line. Times are milliseconds.
std::string json_of(const Plan& plan, const Outcome& outcome);

/// 1,234,567
std::string grouped(std::uint64_t number);

}  // namespace parley::load
