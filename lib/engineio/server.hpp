#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engineio/neighbours.hpp"
#include "engineio/session.hpp"
#include "http/router.hpp"
#include "net/shard.hpp"

namespace parley::engineio {

using namespace std::chrono_literals;

/// Source: socket.io documentation, "Server options"; the names there are camelCase.
struct Config {
  std::string path = "/engine.io/";  ///< With both slashes; Socket.IO uses /socket.io/.
  /// Shorter finds dead peers sooner and wakes phones.
  std::chrono::milliseconds ping_interval = 25s;
  /// Silence after a ping before the session is closed.
  std::chrono::milliseconds ping_timeout = 20s;
  /// From a WebSocket's opening to the packet that makes it the session's transport.
  std::chrono::milliseconds upgrade_timeout = 10s;
  /// How long a close waits for the client's next GET.
  std::chrono::milliseconds polling_close_grace = 30s;

  /// Bytes in one packet or polling body; more is refused. Of Socket.IO also in a packet and its
  /// attachments together.
  std::size_t max_payload = 1'000'000;
  /// The same while the layer above does not trust the client yet (Session::set_trusted).
  std::optional<std::size_t> max_early_payload;
  /// Bytes waiting for one client; whoever has more when the next packet is sent is closed.
  std::size_t max_queued = 4 * 1024 * 1024;
  /// In the process. For one more the oldest of its shard that the layer above does not trust
  /// (Session::set_trusted) is ended; if there is none, the handshake is refused with code 4.
  std::size_t max_sessions = 1'000'000;

  bool polling = true;               ///< Offer the polling transport.
  bool websocket = true;             ///< Offer the WebSocket transport.
  bool allow_upgrades = true;        ///< From polling to WebSocket.
  bool per_message_deflate = false;  ///< RFC 7692, without context takeover; costs CPU and memory.
  std::size_t deflate_threshold = 1024;  ///< Bytes; smaller messages are sent as they are.

  /// CORS and allowed origins. Empty: no CORS headers, and all are accepted; "*": all.
  std::vector<std::string> origins;
  /// Refuse handshakes of other origins (code 4), WebSocket included.
  bool enforce_origins = false;
  bool credentials = false;  ///< Access-Control-Allow-Credentials: true.
  /// Lower-case names kept in Handshake::headers; empty keeps all.
  std::vector<std::string> keep_headers;

  NodeNumber node = 0;                     ///< This server's, where there are several.
  std::shared_ptr<Neighbours> neighbours;  ///< Empty: the sessions of others are unknown.
  /// Bytes, in all, of bodies that a shard reads for other servers and that are longer than
  /// max_early_payload.
  std::size_t max_relayed = 32 * 1024 * 1024;
};

/// What is above: the Socket.IO server, or a bare echo.
class Application {
 public:
  virtual ~Application() = default;
  /// A new session on the current shard. nullptr refuses it: the session closes at once. What is
  /// sent from within leaves behind the open packet.
  virtual std::unique_ptr<SessionHandler> on_session(Session& session) = 0;
  /// Before a session is made; an error's detail becomes the `message` of code 4.
  virtual Result<Done> allow(const http::Request&) { return Done{}; }
};

struct Core;

/// The Engine.IO v4 server: an http::Endpoint to be mounted at `config.path`, with one registry of
/// sessions per shard. A request for a session of another shard is moved there with its connection
/// before the session is touched.
class Server {
 public:
  /// `shards` and `application` outlive the server.
  Server(net::Shards& shards, Config config, Application& application);
  /// For shards that are driven by hand, in tests; the index of each is its position.
  Server(const std::vector<net::Shard*>& shards, Config config, Application& application);
  /// Only while no shard runs: before Shards::start or after Shards::stop. Sessions that are still
  /// open end without on_close.
  ~Server();

  /// `router.mount(server.config().path, server.endpoint())`.
  std::shared_ptr<http::Endpoint> endpoint();
  const Config& config() const;

  /// Closes every session, spread evenly over `jitter`; new handshakes are refused from now on. Any
  /// thread.
  void close_all(CloseReason reason, std::chrono::milliseconds jitter);

  struct Counts {
    std::uint64_t polling = 0, websocket = 0;  ///< Open sessions.
    std::uint64_t opened = 0, upgraded = 0, displaced = 0;
    std::vector<std::pair<std::string, std::uint64_t>> closed;    ///< By reason.
    std::vector<std::pair<std::string, std::uint64_t>> rejected;  ///< Requests, by cause.
    std::uint64_t packets_in = 0, packets_out = 0;
  };
  /// Any thread; the shards' counters added up (relaxed).
  Counts counts() const;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace parley::engineio
