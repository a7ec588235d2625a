#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"
#include "redis/config.hpp"
#include "redis/refusal.hpp"
#include "redis/reply.hpp"

namespace parley::redis {

/// A command and its arguments, binary-safe.
using Command = std::vector<std::string>;

/// A write that changes nothing, at the key `parley:probe`: whether the server takes any. Errors
/// for which `refuses_writes` holds say that it does not; all others that it would.
Command harmless_write();

/// A Lua script, sent once in full and then by its digest.
class Script {
 public:
  explicit Script(std::string source);
  const std::string& source() const { return source_; }
  const std::string& sha1() const { return sha1_; }  ///< 40 lower-case hex digits.

 private:
  std::string source_, sha1_;
};

/// One pipelined connection to a Redis server, kept up with backoff. Lives on one shard; any shard
/// may call, and results come back on the caller's. Commands of one shard are written in their
/// order; those of one loop turn in one write. While there is no connection calls fail at once
/// (unavailable): nothing is repeated behind the caller's back. Errors of every call: unavailable
/// (no connection, lost before the reply, or the deadline passed: the command may have been
/// executed, or the server says that it cannot serve now: LOADING, READONLY, OOM and the like),
/// overloaded (Config limits), corrupt (not RESP, or over Config::max_reply), bad_request (the
/// server answered with another error; `detail` is its text), closed.
///
/// One call that gets no reply in time ends the connection, and with it the calls behind it:
/// replies come in order, so none of them would be earlier.
///
/// A server that refuses writes (`refuses_writes`) stays connected, and answers what it does not
/// refuse. The first refusal that is among the replies is kept as `refusal`, over a loss of the
/// connection, too, and the server asked at each Config::refused_again whether it takes writes,
/// until it does. One that became a replica (READONLY) is connected anew meanwhile, at most once in
/// Config::backoff_max: its name may lead to the new master by then.
class Client {
 public:
  /// Begins to connect when the shard runs. `name` (a literal) shows in logs and CLIENT SETNAME.
  Client(net::Shard& home, Config config, std::string_view name);
  /// On any thread after the shards have stopped, or on the home shard.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Task<Result<Reply>> call(Command command);
  /// All in one write; one entry a command, in order: a command that is refused is an ErrorReply
  /// among the others.
  Task<Result<std::vector<Reply>>> call_all(std::vector<Command> commands);
  /// EVALSHA, and EVAL where the server does not know the script. `script` outlives the call.
  Task<Result<Reply>> eval(const Script& script, std::vector<std::string> keys,
                           std::vector<std::string> arguments);
  /// Nobody waits for the answer: dropped (and counted) while there is no connection. Any thread.
  void send(Command command);
  /// All of them between MULTI and EXEC, dropped together.
  void send_transaction(std::vector<Command> commands);

  /// Any thread.
  bool is_connected() const;
  /// Any thread; empty while connected.
  std::string last_error() const;
  /// Before the shards start; called on the home shard at every change.
  void on_state(std::function<void(bool connected)> listener);

  /// Any thread; nullopt: the server takes writes, as far as is known.
  std::optional<Refusal> refusal() const;
  bool takes_writes() const;  ///< Any thread, and cheap. Connected, and without a refusal.
  /// Before the shards start; called on the home shard when writes begin to be refused (true), and
  /// when they are taken again. Each adds one.
  void on_refusal(std::function<void(bool refused)> listener);

  struct Counts {
    std::uint64_t commands = 0, failures = 0, dropped = 0, connects = 0;
  };
  Counts counts() const;  ///< Any thread.

 private:
  class Link;
  static Task<Result<std::vector<Reply>>> exchange(std::shared_ptr<Link> link, std::string bytes,
                                                   std::size_t commands);
  std::shared_ptr<Link> link_;
};

}  // namespace parley::redis
