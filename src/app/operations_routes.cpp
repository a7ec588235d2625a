#include "app/operations_routes.hpp"

#include "ops/metrics_page.hpp"

namespace parley::app {

namespace {

Task<http::Response> alive(http::Request) {
  co_return http::Response::text(200, "{\"status\":\"ok\"}", "application/json");
}

Task<http::Response> ready(const ops::Health& health) {
  const ops::Health::Report report = health.report();
  co_return http::Response::text(report.ready ? 200 : 503, report.json(), "application/json");
}

Task<http::Response> scrape(std::shared_ptr<ops::MetricsPage> page) {
  const auto text = page->text(std::chrono::steady_clock::now());
  co_return http::Response::text(200, *text, ops::Metrics::content_type);
}

}  // namespace

void add_operations_routes(http::Router& router, const ops::Health& health,
                           const ops::Metrics* metrics) {
  router.route(http::Method::get, "/healthz", alive);
  router.route(http::Method::get, "/readyz", [&health](http::Request) { return ready(health); });
  if (metrics == nullptr) return;
  router.route(http::Method::get, "/metrics",
               [page = std::make_shared<ops::MetricsPage>(*metrics)](http::Request) {
                 return scrape(page);
               });
}

}  // namespace parley::app
