#pragma once

#include "engineio/server.hpp"
#include "http/server.hpp"
#include "net/workers.hpp"
#include "ops/metrics.hpp"

namespace parley::app {

/// The rooms that count for themselves.
struct Counted {
  const http::Server& http;
  const engineio::Server& engine;
  const net::Workers& hashing;
};

/// Shows their counts as metrics. What is given outlives `metrics`' last use.
void export_counts(ops::Metrics& metrics, const Counted& counted);

}  // namespace parley::app
