#pragma once

#include <string>

#include "base/json.hpp"
#include "ops/scrape.hpp"

namespace parley::app {

/// What `parley top` shows of the time between two scrapes: connections, rates a second, latencies
/// in milliseconds (absent where nothing happened), what waits. Names are those of --json.
json::object survey(const ops::Scrape& before, const ops::Scrape& after);

/// The same for people: a few lines.
std::string screen(const json::object& survey);

}  // namespace parley::app
