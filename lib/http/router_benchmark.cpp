// Finding who answers, with as many routes as a product has: the first, the last with a parameter,
// a mounted endpoint, and nobody.
#include "base/benchmarking.hpp"
#include "http/router.hpp"

namespace parley::http {
namespace {

class Nobody final : public Endpoint {
 public:
  void on_head(std::shared_ptr<Exchange>) override {}
  void on_body(std::shared_ptr<Exchange>) override {}
  std::size_t max_body() const override { return 0; }
};

Task<Response> answer(Request) { co_return Response{}; }

void fill(Router& router) {
  for (const char* noun : {"users", "groups", "items", "files", "links", "notes", "tags"}) {
    const std::string path = std::string{"/api/"} + noun;
    router.route(Method::get, path, answer);
    router.route(Method::post, path, answer);
    router.route(Method::get, path + "/:id", answer);
    router.route(Method::get, path + "/:id/parts", answer);
  }
  router.mount("/socket.io/", std::make_shared<Nobody>());
}

void find(benchmark::State& state, const char* path) {
  Router router;
  fill(router);
  Request request;
  request.method = Method::get;
  request.path = path;
  for (auto _ : state) {
    request.params.clear();
    benchmark::DoNotOptimize(&router.find(request));
  }
}
BENCHMARK_CAPTURE(find, first, "/api/users")->Name("route_first")->Apply(counted<>);
BENCHMARK_CAPTURE(find, last, "/api/tags/65f1c0ffee65f1c0ffee0001/parts")
    ->Name("route_last_of_28")
    ->Apply(counted<>);
BENCHMARK_CAPTURE(find, mounted, "/socket.io/")->Name("route_mounted")->Apply(counted<>);
BENCHMARK_CAPTURE(find, nobody, "/nothing/here")->Name("route_not_found")->Apply(counted<>);

}  // namespace
}  // namespace parley::http
