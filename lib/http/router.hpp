#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "http/exchange.hpp"
#include "http/message.hpp"

namespace parley::http {

/// A request handler; runs on the connection's shard.
using Handler = std::function<Task<Response>(Request)>;

/// Wraps a handler: may answer itself, change the request, or change the response of `next`.
using Middleware = std::function<Task<Response>(Request, Handler next)>;

struct RouteOptions {
  std::size_t max_body = 100 * 1024;  ///< Bytes; more is a 413. 100 KiB is what Express' body parser takes.
};

/// Routes and middleware; filled before the server starts, immutable and shared by all shards afterwards.
class Router {
 public:
  /// `pattern`: literal segments and `:name` parameters, e.g. `/api/conversations/:id/messages`. A trailing
  /// slash in the request is ignored. GET answers HEAD as well.
  void route(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});
  /// Everything whose path begins with `prefix` goes to `endpoint`, past the middleware chain.
  void mount(std::string prefix, std::shared_ptr<Endpoint> endpoint);
  /// Middlewares run in the order of these calls, for routes and for "not found" alike.
  void use(Middleware middleware);

  /// An unknown path: 404; a known path with another method: 405 with Allow; OPTIONS: 204 with Allow.
  /// (declarations for the server follow)
};

}  // namespace parley::http
