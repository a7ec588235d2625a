#pragma once

#include <string>
#include <string_view>

#include "engineio/refusal.hpp"
#include "engineio/server.hpp"
#include "http/cors.hpp"
#include "http/exchange.hpp"

namespace parley::engineio {

/// The answers of the polling transport, each with `cache-control: no-store` and, when
/// `Config::origins` names any, CORS fields. One for all shards; immutable.
class Answers {
 public:
  explicit Answers(const Config& config);

  /// The CORS fields alone, for a 101.
  http::Headers cors_fields(const http::Request& request) const;
  /// True for a request that is answered by `preflight`.
  bool is_preflight(const http::Request& request) const;

  /// 200 with packets, `text/plain; charset=UTF-8`.
  void payload(http::Exchange& exchange, std::string payload) const;
  /// 200 `ok`, to a POST.
  void ok(http::Exchange& exchange) const;
  void empty(http::Exchange& exchange, int status) const;
  /// 503: the client may come again.
  void busy(http::Exchange& exchange) const;
  /// The JSON error body; to an upgrade request Node's raw 400 with the message as text. `message`
  /// replaces the usual one when it is not empty.
  void refusal(http::Exchange& exchange, Refusal refusal, std::string_view message = {}) const;
  /// 204 to a CORS preflight.
  void preflight(http::Exchange& exchange) const;

 private:
  http::Response made(const http::Request& request, int status, std::string_view type,
                      std::string body) const;
  void answer(http::Exchange& exchange, int status, std::string_view type, std::string body) const;

  bool has_cors_;
  http::Cors cors_;
};

/// True when the request announces a body, be it empty or not.
bool has_body(const http::Request& request);
/// Bytes of its body, as far as the head says: `max` at most, and where it does not.
std::size_t most_of_body(const http::Request& request, std::size_t max);

}  // namespace parley::engineio
