#pragma once

#include <boost/container/small_vector.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "api/delivery_marks.hpp"
#include "api/device.hpp"
#include "api/gateway_metrics.hpp"
#include "api/late_receipts.hpp"
#include "api/wire.hpp"
#include "chat/change.hpp"
#include "chat/fan_out.hpp"
#include "chat/messaging.hpp"
#include "net/shard.hpp"

namespace parley::api {

/// The connected devices of one shard, and what they are sent. Lives on that shard; another one
/// reaches it by `shard().post`.
class Devices {
 public:
  /// A device that confirms may owe this many acknowledgements; one that owes more is cut off and
  /// resumes.
  static constexpr std::uint16_t max_unconfirmed = 1'000;
  /// Live changes that wait for one device to catch up; beyond it the device is cut off and
  /// resumes.
  static constexpr std::size_t max_held = 1'000;
  /// Connections of one user here: whatever is sent to a user goes to each of them, and what one
  /// connection sends would be multiplied without end.
  static constexpr std::size_t max_of_user = 100;
  static constexpr std::chrono::milliseconds confirm_timeout{30'000};
  /// Changes of one commit that show that there is load, so that receipts wait for company.
  static constexpr std::size_t busy_batch = 16;

  Devices(net::Shard& shard, chat::Messaging& messaging, GatewayMetrics& metrics)
      : shard_(shard),
        messaging_(messaging),
        metrics_(metrics),
        marks_(shard, messaging),
        late_(shard) {}

  net::Shard& shard() { return shard_; }
  std::size_t size() const { return size_; }

  /// From now on the device is told of every change behind those that this shard has seen.
  void add(const DevicePtr& device);
  void remove(const DevicePtr& device);
  bool has(chat::UserId user) const { return by_user_.contains(user); }
  /// Whether the user may have one more device here.
  bool has_room(chat::UserId user) const;
  std::vector<DeviceReport> report(chat::UserId user) const;

  /// A commit of the store; they come in version order.
  void on_batch(const chat::ChangeBatchPtr& batch);
  void set_seen_version(chat::Version version) { seen_version_ = version; }
  /// Live changes may have been missed: gives the devices that were live, to be caught up again.
  std::vector<DevicePtr> fall_behind();

  /// A message from the backlog, for a device that catches up.
  void deliver_backlog(const DevicePtr& device, const chat::Message& message);
  /// What a device may have missed: messages and receipts as the feed would have told them, those
  /// that it had left out. Of receipts only those of messages on the page: `sync` has all.
  void tell_missed(const DevicePtr& device, const chat::Sync& page);
  /// The device has its backlog: what was held follows, and it is live.
  void go_live(const DevicePtr& device);
  /// All that was sent to the device has left the process.
  void on_drained(Device& device);

  /// An event for whichever devices of these users are here.
  void emit(std::span<const chat::UserId> users, const socketio::EncodedEvent& event);
  /// Ends the connections that were opened with a token of this login; nullopt: of any login of the
  /// user.
  void close(chat::UserId user, const std::optional<chat::FamilyId>& family);

 private:
  class View;
  /// A user's devices, mostly one.
  using Present = boost::container::small_vector<DevicePtr, 1>;
  enum class From { store, feed };
  /// The buffers of View, kept from one change to the next.
  struct Writers {
    wire::MessageText message;
    socketio::EventWriter events;
  };

  template <class Call>
  void for_each(const chat::UserId& user, Call call);
  void tell(const DevicePtr& device, View& view);
  void tell_receipt(Device& device, const chat::Receipt& receipt, const chat::Message& message);
  void note_read(Device& device, chat::UserId reader, const chat::Message& message);
  void deliver(const DevicePtr& device, const chat::Message& message, View& view);
  void emit(Device& device, const engineio::TextFrames& events);
  void on_answered(Device& device);
  bool is_news(const Device& device, const chat::Change& change) const;
  bool was_told(Device& device, const chat::Message& message, From from) const;
  void observe_pace(const chat::ChangeBatch& batch);
  void observe_delivery(const chat::Message& message);
  void ask_confirmation(const DevicePtr& device, const chat::Message& message);
  void hold(const DevicePtr& device, const chat::Change& change);

  net::Shard& shard_;
  chat::Messaging& messaging_;
  GatewayMetrics& metrics_;
  DeliveryMarks marks_;
  LateReceipts late_;
  Writers writers_;
  bool busy_ = false;
  std::unordered_map<chat::UserId, Present> by_user_;
  std::size_t size_ = 0;
  chat::Version seen_version_ = 0;
};

}  // namespace parley::api
