#include "http/cors.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace parley::http {

namespace {
Task<Response> answer(std::shared_ptr<const Cors> cors, Request request, Handler next) {
  if (Cors::is_preflight(request)) co_return cors->preflight(request);
  // The request goes on; what the fields depend on is taken before.
  Headers fields;
  cors->add_to(fields, request);
  if (fields.find("Access-Control-Allow-Origin"))
    fields.set("Access-Control-Expose-Headers",
               "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After");
  Response response = co_await next(std::move(request));
  for (const auto& [name, value] : fields.all()) {
    if (same_name(name, "Vary")) {
      add_vary(response.headers, value);
    } else {
      response.headers.set(name, value);
    }
  }
  co_return response;
}
}  // namespace

Cors::Cors(CorsOptions options)
    : options_(std::move(options)),
      any_(std::find(options_.origins.begin(), options_.origins.end(), "*") !=
           options_.origins.end()) {}

bool Cors::allows(std::string_view origin) const {
  return any_ || std::find(options_.origins.begin(), options_.origins.end(), origin) !=
                     options_.origins.end();
}

void Cors::add_to(Headers& headers, const Request& request) const {
  if (any_) {
    headers.set("Access-Control-Allow-Origin", "*");
  } else {
    const auto origin = request.headers.find("Origin");
    if (origin && allows(*origin)) headers.set("Access-Control-Allow-Origin", std::string{*origin});
    add_vary(headers, "Origin");
  }
  if (options_.credentials) headers.set("Access-Control-Allow-Credentials", "true");
}

bool Cors::is_preflight(const Request& request) {
  return request.method == Method::options && request.headers.find("Access-Control-Request-Method");
}

Response Cors::preflight(const Request& request) const {
  Response response;
  response.status = 204;
  add_to(response.headers, request);
  response.headers.set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  add_vary(response.headers, "Access-Control-Request-Headers");
  if (const auto asked = request.headers.find("Access-Control-Request-Headers")) {
    response.headers.set("Access-Control-Allow-Headers", std::string{*asked});
  }
  response.headers.set("Content-Length", "0");  // some browsers wait for a body without it
  return response;
}

Middleware cors(CorsOptions options) {
  auto shared = std::make_shared<const Cors>(std::move(options));
  return [shared](Request request, Handler next) {
    return answer(shared, std::move(request), std::move(next));
  };
}

}  // namespace parley::http
