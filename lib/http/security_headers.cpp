#include "http/security_headers.hpp"

namespace parley::http {

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

}  // namespace parley::http
