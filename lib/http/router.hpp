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

/// A request handler; runs on the connection's shard. An exception that escapes it is a 500,
/// reported and counted by the shard.
using Handler = std::function<Task<Response>(Request)>;

/// Wraps a handler: may answer itself, change the request, or change the response of `next`.
/// A capturing lambda must not be a coroutine itself: let it call one that takes values.
using Middleware = std::function<Task<Response>(Request, Handler next)>;

struct RouteOptions {
  /// What most calls need, and anybody may have the server hold.
  static constexpr std::size_t small_body = 8 * 1024;

  /// Bytes; more is a 413.
  std::size_t max_body = small_body;
  /// Asked at the head of a request whose body may be longer than small_body; empty: yes. No: the
  /// handler is called without the body, which stays unread, and must refuse.
  std::function<bool(const Request&)> wants_body = nullptr;
};

/// Routes and middleware; filled before the server starts, immutable and shared by all shards
/// afterwards. An unknown path: 404; a known path with another method: 405 with Allow; OPTIONS: 204
/// with Allow.
class Router {
 public:
  Router();
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// `pattern`: literal segments and `:name` parameters, e.g. `/api/conversations/:id/messages`. A
  /// trailing slash in the request is ignored. GET answers HEAD as well. Of two routes that fit,
  /// the first wins.
  void route(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});
  /// Everything whose path begins with `prefix` goes to `endpoint`, past the middleware chain.
  void mount(std::string prefix, std::shared_ptr<Endpoint> endpoint);
  /// Middlewares run in the order of these calls, for routes and for "not found" alike.
  void use(Middleware middleware);

  struct Listed {
    Method method;
    std::string_view pattern;  ///< The router's own text.
  };
  /// Every route, in the order in which they are tried.
  std::vector<Listed> routes() const;

  /// For the server: who answers this request. Sets its `params` and `route`. Never fails.
  Endpoint& find(Request& request) const;

 private:
  struct Route;
  class HandlerEndpoint;
  struct Mount {
    std::string prefix;
    std::shared_ptr<Endpoint> endpoint;
  };

  void chain();

  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<Mount> mounts_;
  std::vector<std::unique_ptr<Middleware>> middlewares_;
  std::unique_ptr<HandlerEndpoint> fallback_;
  std::unique_ptr<HandlerEndpoint> too_large_;
};

}  // namespace parley::http
