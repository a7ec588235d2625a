// Any bytes, in any pieces, to an HTTP connection. The first byte chooses the sizes of the pieces.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "http/cors.hpp"
#include "http/json_body.hpp"
#include "http/testing.hpp"

namespace {

using namespace parley;

Task<http::Response> describe(http::Request request) {
  const auto body = http::json_body(request);
  if (!body) co_return http::Response::error(body.error());
  co_return http::Response::text(200, request.path);
}

/// Answers at the head, with the body, or takes the connection away, as the path says.
class AnyEndpoint final : public http::Endpoint {
 public:
  void on_head(std::shared_ptr<http::Exchange> exchange) override {
    exchange->on_abort([] {});
    const std::string_view path = exchange->request().path;
    if (path == "/e/early") exchange->respond(http::Response::text(403, "early"));
    if (path == "/e/abort") exchange->abort();
  }
  void on_body(std::shared_ptr<http::Exchange> exchange) override {
    if (exchange->request().body.size() > max_body()) std::abort();
    exchange->respond(http::Response::text(200, exchange->request().body));
  }
  std::size_t max_body() const override { return 64; }
};

struct World {
  World() {
    router.route(http::Method::get, "/", describe);
    router.route(http::Method::post, "/items/:id", describe, {.max_body = 256});
    router.use(http::cors({.origins = {"https://a"}}));
    router.mount("/e/", std::make_shared<AnyEndpoint>());
  }
  http::Router router;
  net::Shard shard{0};
  http::Config config;
  http::Service service{config, router, 1};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size == 0) return 0;
  std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t piece = data[0] == 0 ? bytes.size() + 1 : data[0];
  http::FakeClient client{world.shard, world.service};
  std::size_t answered = 0;
  while (!bytes.empty() && !client.is_closed()) {
    const auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    const auto answer = client.ask(part);
    if (!answer.empty() && !answer.starts_with("HTTP/1.1 ")) std::abort();
    answered += answer.size();
  }
  if (client.is_closed() && answered == 0 && size > 1) {
    // Only Endpoint::abort ends a connection without a word.
    if (std::string_view{reinterpret_cast<const char*>(data), size}.find("abort") ==
        std::string_view::npos) {
      std::abort();
    }
  }
  client.connection().drop();
  return 0;
}
