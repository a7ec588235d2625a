#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"

namespace parley::http {

struct CorsOptions {
  /// Exact origins ("https://app.example"); "*" among them allows all.
  std::vector<std::string> origins;
  /// Access-Control-Allow-Credentials: true. Browsers refuse it with "*".
  bool credentials = false;
};

/// Cross-origin answers as the npm package `cors` gives them: `*`, or the asking origin reflected
/// when it is on the list, with Vary. Source: fetch.spec.whatwg.org, "CORS protocol".
class Cors {
 public:
  explicit Cors(CorsOptions options);

  bool allows(std::string_view origin) const;
  /// Adds the fields that every answer to `request` carries.
  void add_to(Headers& headers, const Request& request) const;
  static bool is_preflight(const Request& request);
  /// 204 for a preflight: all methods, and whatever headers it asks for.
  Response preflight(const Request& request) const;

 private:
  CorsOptions options_;
  bool any_;
};

/// Answers preflights, and adds the fields to everything else.
Middleware cors(CorsOptions options);

}  // namespace parley::http
