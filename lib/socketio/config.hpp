#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "engineio/server.hpp"

namespace parley::socketio {

using namespace std::chrono_literals;

class Adapter;
class Namespace;

/// Connection state recovery: a client that comes back in time gets what it missed, its id, rooms
/// and data. In memory; every event then carries one more argument, its offset (volatile and
/// acknowledged ones do not). A restored client is believed on the word of its `pid`: with
/// `skip_middlewares` its auth is not looked at.
struct RecoveryConfig {
  bool enabled = false;
  std::chrono::milliseconds max_disconnection_duration = 120s;
  bool skip_middlewares = true;
  std::size_t max_packets = 10'000;   ///< Kept per namespace and shard.
  std::size_t max_sessions = 10'000;  ///< Gone clients remembered per namespace and shard.
};

/// Puts a cluster's adapter around the one of this process.
using AdapterWrapper =
    std::function<std::unique_ptr<Adapter>(Namespace&, std::unique_ptr<Adapter> inner)>;

struct Config {
  Config() {
    engine.path = "/socket.io/";
    engine.max_early_payload = 64 * 1024;  // room for the CONNECTs of several namespaces
  }

  engineio::Config engine;
  /// For so long nothing is joined (not yet, or not any more): the connection is closed.
  std::chrono::milliseconds connect_timeout = 45s;
  std::size_t max_connect = 16 * 1024;         ///< Bytes of a CONNECT's auth; more is refused.
  std::size_t max_namespaces = 16;             ///< Joined by one connection; one more closes it.
  std::size_t max_attachments = 10;            ///< Of one packet; see engine.max_payload, too.
  std::size_t max_dynamic_namespaces = 1'000;  ///< Made by Server::dynamic; they stay for good.
  RecoveryConfig recovery;
  AdapterWrapper adapter;  ///< Called once per namespace; empty: this process is all.
};

}  // namespace parley::socketio
