#pragma once

#include <chrono>
#include <string_view>

#include "http/exchange.hpp"
#include "net/timer.hpp"
#include "websocket/connection.hpp"
#include "websocket/handshake.hpp"

namespace parley::engineio {

/// Hands an exchange's connection to the WebSocket protocol: answers 101 with `extra` headers.
/// `leftover` receives bytes that came behind the request, to be fed once everything is in place.
websocket::Connection& accept_websocket(http::Exchange& exchange,
                                        const websocket::Handshake& handshake,
                                        const http::Headers& extra, websocket::Handler& handler,
                                        const websocket::Config& config, std::string& leftover);

/// Answers 101 and closes at once, as Node does with a WebSocket that a session has no use for.
void accept_and_close(http::Exchange& exchange, const websocket::Handshake& handshake,
                      const http::Headers& extra, const websocket::Config& config);

/// A WebSocket that a polling session's client probes: `2probe` → `3probe`, then `5` makes it the
/// session's transport. Everything else, or silence, ends it and leaves the session where it is.
/// Lives on the session's shard, owned by it. Source: Engine.IO protocol v4, "Upgrade".
class Upgrade final : public websocket::Handler {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// The client has probed; it waits for its GET to end.
    virtual void on_probe() = 0;
    /// The client has chosen this WebSocket: take() it.
    virtual void on_upgrade() = 0;
    /// The WebSocket is gone or of no use.
    virtual void on_upgrade_failed() = 0;
  };

  Upgrade(Owner& owner, net::Timers& timers)
      : owner_(owner), deadline_(net::Timer::calling<&Upgrade::on_deadline>(timers, *this)) {}
  ~Upgrade() override { abort(); }

  void start(websocket::Connection& socket, SteadyTime deadline);
  /// Gives the WebSocket away.
  websocket::Connection& take();
  /// Closes the WebSocket.
  void abort();

  void on_text(std::string_view text) override;
  void on_binary(std::string_view bytes) override;
  void on_closed(websocket::Ending ending) override;

 private:
  void on_deadline() { fail(); }
  void fail();

  Owner& owner_;
  websocket::Connection* socket_ = nullptr;
  net::Timer deadline_;
};

}  // namespace parley::engineio
