#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engineio/heartbeat.hpp"
#include "engineio/polling.hpp"
#include "engineio/server.hpp"
#include "engineio/upgrade.hpp"
#include "net/timer.hpp"
#include "websocket/connection.hpp"

namespace parley::engineio {

class Registry;

/// The session of a client, from its handshake to its end: polling, then perhaps WebSocket, or
/// WebSocket from the beginning. Owned by its shard's Registry, which frees it at the turn's end
/// after retire(). Idle on WebSocket it has no buffer and no queue.
class ClientSession final : public Session,
                            private websocket::Handler,
                            private Polling::Owner,
                            private Upgrade::Owner {
 public:
  ClientSession(Registry& registry, std::string id, Handshake handshake);
  ~ClientSession() override;

  // Opening (client_session_opening.cpp): once, directly after construction.
  void open_polling(http::Exchange& exchange);
  void open_websocket(http::Exchange& exchange, const websocket::Handshake& handshake);

  // Requests that name this session.
  /// Runs a timer that is due: a request that comes at the very end of the timeout comes too late.
  void catch_up(SteadyTime now);
  void poll(std::shared_ptr<http::Exchange> exchange);
  void begin_post(std::shared_ptr<http::Exchange> exchange);
  void post(const std::shared_ptr<http::Exchange>& exchange);
  void refuse_post(http::Exchange& exchange);
  /// A WebSocket for this session: probed, or closed at once when there is no use for it.
  void begin_upgrade(http::Exchange& exchange, const websocket::Handshake& handshake);

  using Hook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  /// Another session takes its place.
  void give_way();

  const std::string& id() const override { return id_; }
  const Handshake& handshake() const override { return handshake_; }
  TransportName transport() const override {
    return polling_ ? TransportName::polling : TransportName::websocket;
  }
  net::Shard& shard() override;
  void set_trusted(bool trusted) override;
  bool is_trusted() const { return trusted_; }
  void send(const Message& message) override { send(std::span{&message, 1}); }
  void send(const TextFrames& texts) override;
  void send(std::span<const Message> messages) override;
  bool is_writable() const override;
  std::size_t queued_bytes() const override;
  void close(CloseReason reason = CloseReason::forced_close) override;
  bool is_open() const override { return state_ == State::open; }

 private:
  enum class State : std::uint8_t {
    open,
    closing,  ///< Polling only: closed for the layer above, kept for the client's next GET.
    closed,
  };

  // websocket::Handler
  void on_text(std::string_view text) override;
  void on_binary(std::string_view bytes) override;
  void on_drained() override;
  void on_closed(websocket::Ending ending) override;
  // Polling::Owner
  bool on_packet(const Packet& packet) override;
  bool on_binary_packet(std::string_view bytes) override;
  void on_polling_drained() override { on_drained(); }
  void on_polling_end(CloseReason reason) override { end(reason); }
  // Upgrade::Owner
  void on_probe() override { polling_->set_hurrying(true); }
  void on_upgrade() override;
  void on_upgrade_failed() override;

  Message open_packet() const;
  /// Makes the layer above; false when it refuses.
  void announce();
  void on_timer();
  void on_heartbeat(SteadyTime now);
  void restart_heartbeat();
  void on_other_packet();
  void send_now(const Message& message);
  /// Counts so many packets that are to be sent; false when none may be.
  bool may_send(std::size_t packets);
  /// The peer or a rule ended the session: nothing is waited for.
  void end(CloseReason reason);
  /// The client itself said `1`.
  void end_by_client();
  void linger(Polling::LastWord last, std::chrono::milliseconds grace);
  /// The common part of every end: counts, stops, and tells the layer above.
  void leave(CloseReason reason);
  void drop_upgrade();

  // What every packet needs comes first, in one line of memory or two.
  Registry& registry_;
  std::unique_ptr<SessionHandler> handler_;
  websocket::Connection* socket_ = nullptr;  ///< nullptr on polling, and once it is closed.
  State state_ = State::open;
  Polling::LastWord last_word_ = Polling::LastWord::close;
  bool trusted_ = false;
  bool overfull_ = false;  ///< Too much is queued: the timer ends the session.
  CloseReason reason_ = CloseReason::transport_close;
  Heartbeat heartbeat_;
  std::shared_ptr<Polling> polling_;  ///< nullptr on WebSocket.
  std::unique_ptr<Upgrade> upgrade_;  ///< While a WebSocket is being probed.
  net::Timer timer_;                  ///< The heartbeat's, and the end's of `closing`.
  std::string id_;
  Handshake handshake_;

 public:
  Hook expendable;  ///< In the registry's list of those who may be ended to make room.
};

}  // namespace parley::engineio
