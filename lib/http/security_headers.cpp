#include "http/security_headers.hpp"

#include <memory>
#include <utility>

namespace parley::http {

namespace {
Task<Response> answer(std::shared_ptr<const Headers> fields, Request request, Handler next) {
  Response response = co_await next(std::move(request));
  for (const auto& [name, value] : fields->all()) {
    if (!response.headers.find(name)) response.headers.add(name, value);
  }
  co_return response;
}
}  // namespace

Headers security_headers(const SecurityHeadersOptions& options) {
  Headers headers;
  if (!options.content_security_policy.empty()) {
    headers.add("Content-Security-Policy", options.content_security_policy);
  }
  headers.add("Cross-Origin-Opener-Policy", "same-origin");
  headers.add("Cross-Origin-Resource-Policy", "same-origin");
  headers.add("Origin-Agent-Cluster", "?1");
  headers.add("Referrer-Policy", "no-referrer");
  headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("X-DNS-Prefetch-Control", "off");
  headers.add("X-Download-Options", "noopen");
  headers.add("X-Frame-Options", "SAMEORIGIN");
  headers.add("X-Permitted-Cross-Domain-Policies", "none");
  headers.add("X-XSS-Protection", "0");
  return headers;
}

Middleware add_security_headers(const SecurityHeadersOptions& options) {
  auto fields = std::make_shared<const Headers>(security_headers(options));
  return [fields](Request request, Handler next) {
    return answer(fields, std::move(request), std::move(next));
  };
}

}  // namespace parley::http
