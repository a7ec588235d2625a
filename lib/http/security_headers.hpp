#pragma once

#include <string>

#include "http/message.hpp"

namespace parley::http {

struct SecurityHeadersOptions {
  /// Content-Security-Policy; empty sends none. The default is Helmet's.
  std::string content_security_policy =
      "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';"
      "frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';"
      "script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests";
};

/// The fields that Helmet 8 sets by default (github.com/helmetjs/helmet, README). As
/// Config::fixed_headers they are on every answer, refusals and mounted endpoints included.
Headers security_headers(const SecurityHeadersOptions& options = {});

}  // namespace parley::http
