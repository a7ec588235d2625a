#include "app/operations_routes.hpp"

namespace parley::app {

namespace {

Task<http::Response> alive(http::Request) {
  co_return http::Response::text(200, "{\"status\":\"ok\"}", "application/json");
}

Task<http::Response> ready(const ops::Health& health) {
  const ops::Health::Report report = health.report();
  co_return http::Response::text(report.ready ? 200 : 503, report.json(), "application/json");
}

Task<http::Response> scrape(const ops::Metrics& metrics) {
  co_return http::Response::text(200, metrics.expose(), ops::Metrics::content_type);
}

}  // namespace

void add_operations_routes(http::Router& router, const ops::Health& health,
                           const ops::Metrics* metrics) {
  router.route(http::Method::get, "/healthz", alive);
  router.route(http::Method::get, "/readyz", [&health](http::Request) { return ready(health); });
  if (metrics == nullptr) return;
  router.route(http::Method::get, "/metrics",
               [metrics](http::Request) { return scrape(*metrics); });
}

}  // namespace parley::app
