#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engineio/server.hpp"
#include "http/message.hpp"

namespace parley::engineio {

/// Why a request is refused before a session is touched; the values are the `code` of the error
/// body. Source: socket.io documentation, "Troubleshooting connection issues".
enum class Refusal {
  transport_unknown = 0,
  session_unknown = 1,
  bad_handshake_method = 2,
  bad_request = 3,
  forbidden = 4,
  unsupported_version = 5,
};
inline constexpr std::size_t refusal_count = 6;

std::string_view message_of(Refusal refusal);
/// snake_case, for counters.
std::string_view name_of(Refusal refusal);
/// 403 for `forbidden`, else 400.
int status_of(Refusal refusal);
/// `{"code":4,"message":"Forbidden"}`; `message` replaces the usual one when it is not empty.
std::string body_of(Refusal refusal, std::string_view message = {});

/// What the checks look at. Borrows from the request.
struct Asked {
  std::string_view sid;  ///< Empty: a handshake.
  std::string_view transport;
  std::string_view eio;
  bool is_upgrade = false;  ///< To the WebSocket protocol.

  explicit Asked(const http::Request& request);
};

/// The checks in Node's order, but for `allow` (code 4), which sits between `check_before_allow`
/// and `check_after_allow`. `transport`: of the session that the request names; nullopt: there is
/// no such session. nullopt: go on.
std::optional<Refusal> check_before_allow(const Asked& asked, const http::Request& request,
                                          const Config& config,
                                          std::optional<TransportName> transport);
std::optional<Refusal> check_after_allow(const Asked& asked);

/// True when a request of this origin may open a session: `enforce_origins` is off, there is no
/// Origin header (no browser), or it is one of `origins`.
bool is_allowed_origin(const http::Request& request, const Config& config);

}  // namespace parley::engineio
