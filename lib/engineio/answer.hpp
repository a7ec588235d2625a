#pragma once

#include <string>
#include <string_view>

#include "engineio/refusal.hpp"
#include "engineio/server.hpp"
#include "http/exchange.hpp"

namespace parley::engineio {

/// The CORS headers of an answer to `request`; none when `config.origins` is empty. Source: the npm package
/// `cors`, which Node's server uses.
http::Headers cors_headers(const http::Request& request, const Config& config);

// The answers of the polling transport, each with CORS headers and `cache-control: no-store`.

/// 200 with packets, `text/plain; charset=UTF-8`.
void answer_payload(http::Exchange& exchange, const Config& config, std::string payload);
/// 200 `ok`, to a POST.
void answer_ok(http::Exchange& exchange, const Config& config);
void answer_empty(http::Exchange& exchange, const Config& config, int status);
/// The JSON error body; to an upgrade request Node's raw 400 with the message as text.
void answer_refusal(http::Exchange& exchange, const Config& config, Refusal refusal, std::string_view message = {});
/// 204 to a CORS preflight.
void answer_preflight(http::Exchange& exchange, const Config& config);

}  // namespace parley::engineio
