#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

namespace parley::http {

/// The request's body as a JSON object, at most 32 levels deep; no body gives an empty object (as
/// Express does). Errors: bad_request for another Content-Type, for what is no JSON, and for JSON
/// that is no object.
Result<json::object> json_body(const Request& request);

}  // namespace parley::http
