#pragma once

#include <any>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/string_hash.hpp"
#include "base/time.hpp"
#include "socketio/adapter.hpp"
#include "socketio/config.hpp"
#include "socketio/rooms.hpp"

namespace parley::socketio {

class Socket;

/// Names one stored event in the whole process: the shard that sent it and a number that shard
/// gave.
struct Stamp {
  std::uint16_t origin = 0;
  std::uint64_t number = 0;  ///< From 1.
  /// Counts, from 1, the events of its origin that went to all shards; 0: this one went to its own
  /// shard alone.
  std::uint64_t round = 0;

  /// The offset that clients see and give back: opaque to them.
  std::string offset() const { return std::to_string(origin) + "-" + std::to_string(number); }
};

/// A stored event.
struct LoggedEvent {
  Stamp stamp;
  SharedEvent event;
  std::vector<std::string> rooms, except;
  SteadyTime time{};
};
using SharedLogged = std::shared_ptr<const LoggedEvent>;

/// What a restored socket was sent before anything of its new shard's log: its offsets may come
/// back.
struct Replay {
  std::vector<SharedLogged> events;
  std::uint64_t joined_at = 0;  ///< The log's position at that time.
};

/// A client that was restored: who it is, and what it missed.
struct Restored {
  std::string sid, pid;
  std::vector<std::string> rooms;
  std::any data;
  std::vector<SharedLogged> missed;
  std::vector<std::uint64_t> seen;  ///< By origin: the last round that `missed` takes in.
};

/// Connection state recovery of one namespace on one shard: a log of what was sent there and the
/// clients that went away. Every shard logs what it delivers in the order of delivery, so
/// "everything behind the client's offset" is right for a client of that shard; one that comes back
/// on another shard is fetched from the one that remembers it, and what went to all shards
/// meanwhile is told apart by `Stamp::round`. Source: Socket.IO documentation, "Connection state
/// recovery".
class Recovery {
 public:
  Recovery(const RecoveryConfig& config, std::size_t shard, std::size_t shards);

  /// The sockets that are connected here, by pid: the old connection of a client that comes back
  /// may be half-open still.
  void enter(const std::string& pid, Socket& socket) { live_.insert_or_assign(pid, &socket); }
  void leave(const std::string& pid) { live_.erase(pid); }
  Socket* find_live(std::string_view pid) const;

  /// Numbers an event of this shard that goes to all shards, or to this one alone.
  Stamp stamp(bool to_all_shards);
  void log(const Stamp& stamp, const SharedEvent& event, const Selection& selection,
           SteadyTime now);

  /// True for the reasons after which a client may be restored.
  static bool is_recoverable(std::string_view reason);
  struct Session {
    std::string sid, pid;
    std::vector<std::string> rooms;
    std::any data;
    std::shared_ptr<const Replay> replay;
    SteadyTime time{};
  };
  void remember(Session session);
  /// Forgets the session and gives what it missed; nullopt when pid or offset are unknown or too
  /// old.
  std::optional<Restored> take(std::string_view pid, std::string_view offset, SteadyTime now);

  /// True when this shard has logged all rounds of `seen`.
  bool has_seen(const std::vector<std::uint64_t>& seen) const;
  /// Adds to `restored.missed` what this shard got and the other had not; gives the socket's
  /// replay.
  std::shared_ptr<const Replay> complete(Restored& restored) const;

  std::size_t log_size() const { return log_.size(); }
  std::size_t sessions() const { return sessions_.size(); }

 private:
  void expire(SteadyTime now);
  void append_missed(std::vector<SharedLogged>& out, const Session& session,
                     std::uint64_t from) const;
  bool find_missed(std::vector<SharedLogged>& out, const Session& session,
                   std::string_view offset) const;

  const RecoveryConfig& config_;
  std::size_t shard_;
  std::uint64_t numbers_ = 0, rounds_ = 0;
  std::vector<std::uint64_t> seen_;  ///< By origin: the last round logged.
  std::deque<SharedLogged> log_;
  std::uint64_t first_ = 0;  ///< The position of the log's first event.
  std::unordered_map<std::string, Session, StringHash, std::equal_to<>> sessions_;
  std::deque<std::pair<SteadyTime, std::string>> expiries_;  ///< Pids in order of their time.
  std::unordered_map<std::string, Socket*, StringHash, std::equal_to<>> live_;
};

}  // namespace parley::socketio
