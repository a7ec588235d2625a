#include "engineio/refusal.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "websocket/handshake.hpp"

namespace parley::engineio {
namespace {

bool is_offered(std::string_view transport, const Config& config) {
  return (transport == "polling" && config.polling) ||
         (transport == "websocket" && config.websocket);
}

/// Node's check of header values: no control character but the tab.
bool is_header_text(std::string_view text) {
  return std::ranges::none_of(text,
                              [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

}  // namespace

std::string_view message_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::transport_unknown:
      return "Transport unknown";
    case Refusal::session_unknown:
      return "Session ID unknown";
    case Refusal::bad_handshake_method:
      return "Bad handshake method";
    case Refusal::bad_request:
      return "Bad request";
    case Refusal::forbidden:
      return "Forbidden";
    case Refusal::unsupported_version:
      return "Unsupported protocol version";
  }
  return "Bad request";
}

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::transport_unknown:
      return "transport_unknown";
    case Refusal::session_unknown:
      return "session_unknown";
    case Refusal::bad_handshake_method:
      return "bad_handshake_method";
    case Refusal::bad_request:
      return "bad_request";
    case Refusal::forbidden:
      return "forbidden";
    case Refusal::unsupported_version:
      return "unsupported_version";
  }
  return "bad_request";
}

int status_of(Refusal refusal) { return refusal == Refusal::forbidden ? 403 : 400; }

std::string body_of(Refusal refusal, std::string_view message) {
  std::string out = "{\"code\":" + std::to_string(static_cast<int>(refusal)) + ",\"message\":";
  json::append_string(out, message.empty() ? message_of(refusal) : message);
  out += '}';
  return out;
}

Asked::Asked(const http::Request& request)
    : sid(http::find(request.query, "sid").value_or("")),
      transport(http::find(request.query, "transport").value_or("")),
      eio(http::find(request.query, "EIO").value_or("")),
      is_upgrade(websocket::is_upgrade(request)) {}

std::optional<Refusal> check_before_allow(const Asked& asked, const http::Request& request,
                                          const Config& config,
                                          std::optional<TransportName> transport) {
  if (!is_offered(asked.transport, config)) return Refusal::transport_unknown;
  if (!is_header_text(request.headers.find("origin").value_or(""))) return Refusal::bad_request;
  // Node answers 101 to an upgrade of `transport=polling` and closes; refused before it here.
  if (asked.is_upgrade && asked.transport != "websocket") return Refusal::bad_request;
  if (asked.sid.empty()) {
    if (request.method != http::Method::get) return Refusal::bad_handshake_method;
    if (asked.transport == "websocket" && !asked.is_upgrade) return Refusal::bad_request;
    return std::nullopt;
  }
  if (!transport) return Refusal::session_unknown;
  if (!asked.is_upgrade && asked.transport != to_string(*transport)) return Refusal::bad_request;
  // `websocket` without an upgrade can never be what a session speaks over plain HTTP.
  if (!asked.is_upgrade && asked.transport == "websocket") return Refusal::bad_request;
  if (asked.is_upgrade && !config.allow_upgrades) return Refusal::bad_request;
  if (asked.eio != "4") return Refusal::bad_request;
  return std::nullopt;
}

std::optional<Refusal> check_after_allow(const Asked& asked) {
  // An absent EIO counts as 3.
  return asked.eio == "4" ? std::nullopt : std::optional{Refusal::unsupported_version};
}

bool is_allowed_origin(const http::Request& request, const Config& config) {
  const auto origin = request.headers.find("origin");
  if (!config.enforce_origins || config.origins.empty() || !origin) return true;
  return std::ranges::any_of(config.origins,
                             [&](const std::string& one) { return one == "*" || one == *origin; });
}

}  // namespace parley::engineio
