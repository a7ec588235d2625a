#pragma once

#include <algorithm>

#include "api/routes.hpp"
#include "api/services.hpp"
#include "http/router.hpp"

namespace parley::api {

/// For calls about accounts and for forms: some texts and a token.
inline http::RouteOptions small_body(const Services& services) {
  return {std::min(services.max_body, http::RouteOptions::small_body)};
}

/// For calls of people who are logged in. From anybody else no more than a small body is read: many
/// could stop short of its end.
inline http::RouteOptions long_body(const Services& services) {
  return {services.max_body, [&services](const http::Request& request) {
            return authenticate(services, request).has_value();
          }};
}

}  // namespace parley::api
