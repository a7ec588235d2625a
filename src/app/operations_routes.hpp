#pragma once

#include "http/router.hpp"
#include "ops/health.hpp"
#include "ops/metrics.hpp"

namespace parley::app {

/// `/healthz` and `/readyz`, and `/metrics` unless `metrics` is nullptr. Both outlive the router.
void add_operations_routes(http::Router& router, const ops::Health& health,
                           const ops::Metrics* metrics);

}  // namespace parley::app
