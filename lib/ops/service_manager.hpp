#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace parley::ops {

/// The service manager that started the program (systemd, `Type=notify`), told how it gets on by
/// datagrams to a socket. Source: sd_notify(3). A few lines, so that no program needs libsystemd.
class ServiceManager {
 public:
  /// `socket`: as in NOTIFY_SOCKET, a path, or @ and an abstract name. Empty: nobody is told.
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}
  /// That of this process.
  static ServiceManager of_environment();

  /// `READY=1`, `STOPPING=1` and what else sd_notify(3) names. Waits 100 ms at most. unavailable.
  Result<Done> tell(std::string_view state) const;

 private:
  std::string socket_;
};

}  // namespace parley::ops
