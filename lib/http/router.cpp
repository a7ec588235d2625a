#include "http/router.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "http/detail/target.hpp"
#include "net/shard.hpp"

namespace parley::http {

namespace {
/// The next segment of `path`, which is shortened by it. Several slashes count as one.
std::string_view next_segment(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (auto segment = next_segment(path); !segment.empty(); segment = next_segment(path)) {
    segments.emplace_back(segment);
  }
  return segments;
}

Task<void> answer(std::shared_ptr<Exchange> exchange, const Handler* handler, net::Shard* shard) {
  Response response;
  try {
    Request request = std::move(exchange->request());
    response = co_await (*handler)(std::move(request));
  } catch (...) {
    shard->report("http handler", std::current_exception());
    response = Response::error(fail(Errc::internal));
  }
  exchange->respond(std::move(response));
}

Task<Response> say_too_large(Request) {
  co_return Response::error(fail(Errc::too_large, "The request body is too large"));
}

bool may_be_long(const Request& request) {
  const auto bytes = content_length(request);
  return !bytes || *bytes > RouteOptions::small_body;
}
}  // namespace

/// A handler with the middlewares around it, as an endpoint.
class Router::HandlerEndpoint final : public Endpoint {
 public:
  /// `too_large` answers in its place where the body is; nullptr: itself.
  HandlerEndpoint(Handler handler, RouteOptions options, HandlerEndpoint* too_large)
      : handler_(std::move(handler)), options_(std::move(options)), too_large_(too_large) {}

  /// Wraps the handler in all of `middlewares`, the first outermost.
  void chain(const std::vector<std::unique_ptr<Middleware>>& middlewares) {
    layers_.clear();
    const Handler* next = &handler_;
    for (auto middleware = middlewares.rbegin(); middleware != middlewares.rend(); ++middleware) {
      auto layer = std::make_unique<Layer>(Layer{middleware->get(), next, {}});
      // One pointer of capture: copying the handler allocates nothing.
      layer->handler = [self = layer.get()](Request request) {
        return (*self->middleware)(std::move(request), *self->next);
      };
      next = &layer->handler;
      layers_.push_back(std::move(layer));
    }
    outermost_ = next;
  }

  void on_head(std::shared_ptr<Exchange> exchange) override {
    if (!options_.wants_body || !may_be_long(exchange->request())) return;
    if (!options_.wants_body(exchange->request())) exchange->leave_body();
  }
  void on_body(std::shared_ptr<Exchange> exchange) override {
    net::Shard& shard = exchange->connection().shard();
    shard.spawn("http handler", answer(std::move(exchange), outermost_, &shard));
  }
  void on_too_large(std::shared_ptr<Exchange> exchange) override {
    exchange->request().body.clear();
    (too_large_ ? too_large_ : this)->on_body(std::move(exchange));
  }
  std::size_t max_body() const override { return options_.max_body; }

 private:
  struct Layer {
    const Middleware* middleware;
    const Handler* next;
    Handler handler;
  };
  Handler handler_;
  RouteOptions options_;
  HandlerEndpoint* too_large_;
  std::vector<std::unique_ptr<Layer>> layers_;
  const Handler* outermost_ = &handler_;
};

struct Router::Route {
  Route(Method its_method, std::string_view its_pattern, Handler handler, RouteOptions options,
        HandlerEndpoint& too_large)
      : method(its_method),
        pattern(its_pattern),
        segments(segments_of(its_pattern)),
        endpoint(std::move(handler), std::move(options), &too_large) {}

  /// Fills `params` when the path fits; `path` is still escaped.
  bool fits(std::string_view path, std::vector<std::string>& params) const {
    params.clear();
    for (const std::string& expected : segments) {
      const auto segment = next_segment(path);
      if (segment.empty()) return false;
      auto decoded = detail::percent_decode(segment);
      if (!decoded) return false;
      if (expected.starts_with(':')) {
        params.push_back(std::move(*decoded));
      } else if (*decoded != expected) {
        return false;
      }
    }
    return next_segment(path).empty();
  }
  bool answers(Method asked) const {
    return asked == method || (asked == Method::head && method == Method::get);
  }

  Method method;
  std::string pattern;
  std::vector<std::string> segments;
  HandlerEndpoint endpoint;
};

namespace {
/// What nothing else answers: `allow` came with the request as its params.
Task<Response> fall_back(Request request) {
  if (request.params.empty()) {
    co_return Response::error(fail(Errc::not_found, "Not found"));
  }
  Response response;
  if (request.method == Method::options) {
    response.status = 204;
  } else {
    response = Response::failure(405, "method_not_allowed", "Method not allowed");
  }
  response.headers.set("Allow", std::move(request.params.front()));
  co_return response;
}
}  // namespace

Router::Router()
    : fallback_(std::make_unique<HandlerEndpoint>(fall_back, RouteOptions{}, nullptr)),
      too_large_(std::make_unique<HandlerEndpoint>(say_too_large, RouteOptions{}, nullptr)) {}
Router::~Router() = default;

void Router::route(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  assert(pattern.starts_with('/'));
  routes_.push_back(std::make_unique<Route>(method, pattern, std::move(handler), std::move(options),
                                            *too_large_));
  chain();
}

void Router::mount(std::string prefix, std::shared_ptr<Endpoint> endpoint) {
  mounts_.push_back({std::move(prefix), std::move(endpoint)});
}

void Router::use(Middleware middleware) {
  middlewares_.push_back(std::make_unique<Middleware>(std::move(middleware)));
  chain();
}

void Router::chain() {
  for (const auto& route : routes_) route->endpoint.chain(middlewares_);
  fallback_->chain(middlewares_);
  too_large_->chain(middlewares_);
}

std::vector<Router::Listed> Router::routes() const {
  std::vector<Listed> list;
  for (const auto& route : routes_) list.push_back({route->method, route->pattern});
  return list;
}

Endpoint& Router::find(Request& request) const {
  for (const Mount& mount : mounts_) {
    if (request.path.starts_with(mount.prefix)) return *mount.endpoint;
  }
  const auto path = detail::raw_path(request.target);
  std::vector<std::string> params;
  std::vector<Method> known;
  for (const auto& route : routes_) {
    if (!route->fits(path, params)) continue;
    if (route->answers(request.method)) {
      request.params = std::move(params);
      request.route = route->pattern;
      return route->endpoint;
    }
    known.push_back(route->method);
    request.route = route->pattern;
  }
  if (request.path == "*")
    known = {Method::get, Method::post, Method::put, Method::patch, Method::del};
  if (known.empty()) return *fallback_;
  std::string allow;
  for (const Method method : known) {
    if (has_token(allow, to_string(method))) continue;
    allow.append(to_string(method)).append(method == Method::get ? ", HEAD, " : ", ");
  }
  request.params = {allow + "OPTIONS"};
  return *fallback_;
}

}  // namespace parley::http
