#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace parley::http::detail {

/// What of an answer is not the handler's to say.
struct Framing {
  bool close = false;       ///< `Connection: close`.
  bool keep_alive = false;  ///< `Connection: keep-alive`, which HTTP/1.0 clients need to be told.
  bool head_only = false;   ///< Answer to HEAD.
};

/// Status line and headers with the blank line; the body is `response.body` unless `has_body` is
/// false. Header fields with control characters are dropped: nobody splits our responses. `date` is
/// an IMF-fixdate.
std::string write_head(const Response& response, const Headers& fixed, Framing framing,
                       std::string_view date);
bool has_body(const Response& response, Framing framing);

/// "Sun, 06 Nov 1994 08:49:37 GMT", made at most once a second and thread. Borrows until the next
/// call.
std::string_view http_date();

}  // namespace parley::http::detail
