#pragma once

#include "http/access_log.hpp"
#include "ops/log.hpp"

namespace parley::app {

/// `info` for what people do. `debug` for what any stranger may ask without end: refusals of the
/// rate limit, preflights, operations, and paths that are none.
ops::Level level_of(const http::AccessRecord& record);

/// One line for each request.
void log_access(const http::AccessRecord& record);

/// `/healthz`, `/readyz` and `/metrics`.
bool is_operations_route(std::string_view route);

}  // namespace parley::app
