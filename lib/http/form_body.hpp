#pragma once

#include "base/result.hpp"
#include "http/message.hpp"

namespace parley::http {

/// The fields of a form in the request's body; no body gives no fields. Read like a query: `+` is a
/// blank, of duplicates the last wins, at most 256 fields. Errors: bad_request for a Content-Type
/// other than application/x-www-form-urlencoded, and for names or values that are no UTF-8.
/// Source: WHATWG URL, "application/x-www-form-urlencoded parsing".
Result<Query> form_body(const Request& request);

}  // namespace parley::http
