#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "socketio/adapter.hpp"

namespace parley::socketio {

class Namespace;

/// What came back from a broadcast that asked for answers.
struct BroadcastAcks {
  std::vector<Payload> answers;  ///< In order of arrival, each cut to its first argument.
  bool complete = false;         ///< False: the timeout came first, or a server was not asked.
};

/// Selects receivers, then emits: `nsp.to("a").to("b").except("c").emit(…)`. A value; any shard.
class Broadcast {
 public:
  explicit Broadcast(const Namespace& nsp) : nsp_(&nsp) {}

  Broadcast to(std::string room) const;
  Broadcast except(std::string room) const;
  Broadcast local() const;      ///< This process only.
  Broadcast volatile_() const;  ///< Dropped for clients that cannot take it now.

  void emit(std::string_view event, const Payload& args = {}) const;
  /// For whoever keeps the encoded form; it is of this namespace.
  void emit(const SharedEvent& event) const;
  /// One answer from every client, or what came until `timeout`. Awaited on a shard.
  Task<BroadcastAcks> emit_with_ack(std::string event, Payload args,
                                    std::chrono::milliseconds timeout) const;
  void join(std::string room) const;
  void leave(std::string room) const;
  void disconnect(bool close_engine) const;
  Task<FetchedSockets> fetch_sockets() const;

 private:
  const Namespace* nsp_;
  Selection selection_;
};

}  // namespace parley::socketio
