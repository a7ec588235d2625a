#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "api/budget.hpp"
#include "api/delivery.hpp"
#include "api/few_at_once.hpp"
#include "api/services.hpp"
#include "chat/ports/feed.hpp"
#include "chat/typing.hpp"
#include "net/timer.hpp"
#include "socketio/server.hpp"

namespace parley::api {

/// The contract's socket events for the devices of one shard. Lives on that shard.
class ShardGateway {
 public:
  /// The ways to the other shards.
  struct Ways {
    /// Sends an event to all devices of these users, wherever they are connected.
    std::function<void(std::vector<chat::UserId>, const socketio::EncodedEvent&)> announce;
    /// Somebody has come online or gone offline.
    std::function<void(chat::UserId, bool online)> presence_changed;
    /// The room of a user's sockets, for whoever emits to them from another node; empty: nobody
    /// does.
    std::function<std::string(chat::UserId)> room;
    /// Returns when what they emit to a room is heard here, or that takes too long; empty: all
    /// rooms are heard at all times.
    std::function<Task<bool>(std::string room)> heard;
  };
  /// Calls (send_message, message_read, sync) of one user's devices here that may be under way at
  /// once; a device always has a few, whatever the others do.
  static constexpr std::uint16_t max_calls = 1'000, few_calls = 10;
  /// typing and stop_typing of one user in a second; hands do no more.
  static constexpr std::uint16_t max_typing = 20;
  /// Events of one user in a second that do not exist; more are refused without their name.
  static constexpr std::uint16_t max_unknown = 20;

  ShardGateway(net::Shard& shard, const Services& services, chat::Feed& feed,
               GatewayMetrics& metrics, Ways ways);

  Devices& devices() { return devices_; }
  Delivery& delivery() { return delivery_; }
  /// Devices that have come and are not seen off yet. Any thread.
  std::size_t attended() const { return attended_.load(std::memory_order_relaxed); }

  /// nullopt when the socket may join: its Device is then in `socket->data`, its user online, and
  /// whatever happens to them from now on comes here.
  Task<std::optional<socketio::ConnectError>> admit(std::shared_ptr<socketio::Socket> socket);
  void on_connection(const std::shared_ptr<socketio::Socket>& socket);
  void on_drain(socketio::Socket& socket) { delivery_.on_drained(*device_of(socket)); }
  void on_disconnect(socketio::Socket& socket);
  /// Changes behind `since` may have been missed: every device is told of them.
  void on_gap(chat::Version since);

  void on_send_message(socketio::Socket& socket, socketio::Event& event);
  void on_message_read(socketio::Socket& socket, socketio::Event& event);
  void on_typing(socketio::Socket& socket, socketio::Event& event);
  void on_stop_typing(socketio::Socket& socket, socketio::Event& event);
  void on_sync(socketio::Socket& socket, socketio::Event& event);
  void on_auth_refresh(socketio::Socket& socket, socketio::Event& event);
  /// An event that does not exist.
  void on_unknown(socketio::Socket& socket, socketio::Event& event);

 private:
  class Sending;
  /// What a device may have missed: whatever is behind `since`, of which it has got what is up to
  /// `cursor`.
  struct Gap {
    DevicePtr device;
    chat::Version since;
    std::string cursor;
  };
  /// What is left of a device's backlog: whatever is behind `after`.
  struct Backlog {
    DevicePtr device;
    chat::Version after = 0;
  };
  /// What a refused call was about: the member that names it in message_error.
  struct Subject {
    std::string_view key;
    std::optional<std::string> value;
  };

  // A device's stay (shard_gateway_stay.cpp).
  std::optional<socketio::ConnectError> why_not(const chat::Claims& claims) const;
  void set_expiry(Device& device, Time expires_at);
  Task<void> arrive(DevicePtr device);
  Task<void> catch_up(Backlog rest);
  Task<void> make_good(Gap gap);
  template <class Rest>
  Task<void> go_on(FewAtOnce<Rest>& queue, Rest rest);
  Task<void> leave(DevicePtr device);

  // Its calls (shard_gateway.cpp).
  void on_sent(socketio::Socket& socket, socketio::AckId ack, const chat::Appended& sent,
               SteadyTime began);
  Task<void> read(DevicePtr device, chat::MessageId message, socketio::AckId ack);
  Task<void> answer_sync(DevicePtr device);
  Task<std::string> sync(chat::SyncRequest request);
  void answer(socketio::Socket& socket, socketio::AckId ack, const chat::Message& message);
  void refuse(socketio::Socket& socket, socketio::AckId ack, const Subject& subject,
              const Error& error);
  void refuse(socketio::Socket& socket, socketio::AckId ack, const Subject& subject,
              const std::string& error);
  bool may_call(const Device& device) const;
  std::optional<chat::UserId> receiver_of(socketio::Socket& socket, socketio::Event& event);
  void announce_typing(std::string_view event, chat::UserId sender, chat::UserId receiver);
  void on_typing_deadline();
  void restart_typing_timer();

  net::Shard& shard_;
  const Services& services_;
  chat::Feed& feed_;
  GatewayMetrics& metrics_;
  Ways ways_;
  Devices devices_;
  Delivery delivery_;
  socketio::EventWriter writer_;
  Budget sends_, typings_, unknown_;
  FewAtOnce<DevicePtr> leaving_, syncing_;
  FewAtOnce<Backlog> catching_up_;
  FewAtOnce<Gap> mending_;
  chat::Typing typing_{chat::Typing::Settings{}};
  net::Timer typing_timer_;
  std::atomic<std::size_t> attended_ = 0;
};

}  // namespace parley::api
