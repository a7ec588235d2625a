#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "api/told.hpp"
#include "chat/change.hpp"
#include "chat/ids.hpp"
#include "chat/messaging.hpp"
#include "chat/ports/receipt_store.hpp"
#include "net/steady_timer.hpp"
#include "net/timer.hpp"
#include "socketio/event.hpp"
#include "socketio/socket.hpp"

namespace parley::api {

/// A sync call that waits for its turn.
struct SyncCall {
  chat::SyncRequest request;
  std::uint64_t ack = 0;
};

/// Live changes that wait until their device has caught up.
struct Held {
  std::vector<chat::Change> changes;
  std::size_t bytes = 0;  ///< Of the texts in them.
};

struct Device;
/// One word, so that it lies within Socket::data.
using DevicePtr = boost::intrusive_ptr<Device>;

/// One connected device of a user: a socket and what delivery must know of it. Lives on the
/// socket's shard; held by its socket and by the coroutine that attends to it.
struct Device : boost::intrusive_ref_counter<Device> {
  enum class Phase {
    catching_up,  ///< Gets the backlog; live changes are held.
    live,
    gone,  ///< Disconnected.
  };

  static DevicePtr make(std::shared_ptr<socketio::Socket> socket, chat::UserId user, Time now) {
    return DevicePtr{std::make_unique<Device>(std::move(socket), user, now).release()};
  }
  Device(std::shared_ptr<socketio::Socket> its_socket, chat::UserId its_user, Time now)
      : socket(std::move(its_socket)), user(its_user), came(now) {}

  bool is_gone() const { return phase == Phase::gone; }

  // What every message needs comes first: each line of memory that is not cached costs.
  Phase phase = Phase::catching_up;
  bool confirms = false;    ///< `auth.acks`: an acknowledgement counts as delivery, not the write.
  std::uint16_t calls = 0;  ///< Calls (send_message, message_read, sync) under way.
  std::uint16_t unconfirmed = 0;  ///< receive_message without its acknowledgement yet.
  std::shared_ptr<socketio::Socket> socket;
  chat::UserId user;
  std::vector<chat::MessageDelivered> receipts;  ///< See LateReceipts.
  std::vector<chat::DeliveryMark> written;       ///< Sent, and not yet known to have left.
  std::optional<chat::FamilyId> family;          ///< The login whose token it showed.
  Time came;                                     ///< What was there before comes from the backlog.
  chat::Version joined_at = 0;  ///< Changes up to here come from the backlog, later ones live.
  std::unique_ptr<Held> held;   ///< Only while something waits.
  std::vector<chat::MessageId> own_reads;       ///< message_read calls of this device under way.
  std::unique_ptr<std::deque<SyncCall>> syncs;  ///< Only while one is being answered: the others.
  std::unique_ptr<net::SteadyTimer> drained;    ///< Only while the backlog waits for the wire.
  std::unique_ptr<Told> told;                   ///< Only where live changes may repeat the backlog.
  std::unique_ptr<net::Timer> expiry;           ///< When its access token ends.
};

/// What an operator is told of a connected device.
struct DeviceReport {
  Time came;
  bool is_live = false;         ///< False: it still gets what it missed.
  bool confirms = false;        ///< It says itself what it has got.
  std::size_t unconfirmed = 0;  ///< Messages that it was sent and has not confirmed.
  std::size_t held = 0;         ///< Changes that wait until it has caught up.
  chat::Version joined_at = 0;  ///< Changes up to here came from the backlog, later ones live.
};

/// The device behind an admitted socket, which carries it in `data` until it ends; nullptr then.
inline const DevicePtr& device_of(const socketio::Socket& socket) {
  static const DevicePtr none;
  const auto* device = std::any_cast<DevicePtr>(&socket.data);
  return device != nullptr ? *device : none;
}

}  // namespace parley::api
