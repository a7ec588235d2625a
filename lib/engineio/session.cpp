#include "engineio/session.hpp"

namespace parley::engineio {

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::transport_close:
      return "transport close";
    case CloseReason::transport_error:
      return "transport error";
    case CloseReason::ping_timeout:
      return "ping timeout";
    case CloseReason::parse_error:
      return "parse error";
    case CloseReason::forced_close:
      return "forced close";
    case CloseReason::server_shutdown:
      return "server shutting down";
    case CloseReason::slow_consumer:  // upstream has no word for it
      return "transport error";
  }
  return "transport error";
}

std::string_view to_string(TransportName name) {
  return name == TransportName::polling ? "polling" : "websocket";
}

}  // namespace parley::engineio
