#include "net/connection.hpp"

namespace parley::net {

std::string_view to_string(CloseCause cause) {
  switch (cause) {
    case CloseCause::local:
      return "local";
    case CloseCause::peer:
      return "peer";
    case CloseCause::error:
      return "error";
    case CloseCause::slow_consumer:
      return "slow consumer";
  }
  return "unknown";
}

}  // namespace parley::net
