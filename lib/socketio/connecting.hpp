#pragma once

#include <memory>
#include <string>

#include "base/task.hpp"
#include "socketio/socket.hpp"

namespace parley::socketio {

/// What a client sends to be restored.
struct RecoveryRequest {
  std::string pid, offset;
};

/// nullopt unless recovery is on and `auth` holds both strings.
std::optional<RecoveryRequest> recovery_request(const Namespace& nsp, const json::object& auth);

/// A CONNECT that may have to wait: recovery, then the middlewares in order, then Client::admit or
/// refuse. The client may be gone behind each wait; then nothing follows.
Task<void> run_connect(std::shared_ptr<Socket> socket, std::optional<RecoveryRequest> request);

}  // namespace parley::socketio
