#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace parley::redis {

/// Of an error of the server: it takes no writes now, from anybody, and goes on to answer reads and
/// to pass on what is published. OOM: its memory is full; NOREPLICAS: too few replicas; MISCONF: it
/// cannot save; READONLY: it is a replica. Servers before Redis 7 say so inside of `ERR Error
/// running script`.
bool refuses_writes(std::string_view error);

/// Of an error of the server: it cannot serve now, whoever asks. Writes that it refuses are among
/// that.
bool cannot_serve(std::string_view error);

/// A server that refuses writes while the connection to it is good.
struct Refusal {
  std::string reason;  ///< The server's latest text: `OOM command not allowed when …`.
  Time since;

  /// `refuses writes since 2026-01-31T12:00:00.000Z: OOM command not allowed when …`
  std::string text() const;
};

}  // namespace parley::redis
