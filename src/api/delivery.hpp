#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "api/delivery_marks.hpp"
#include "api/devices.hpp"
#include "api/gateway_metrics.hpp"
#include "api/late_receipts.hpp"
#include "api/wire.hpp"
#include "chat/change.hpp"
#include "chat/fan_out.hpp"
#include "chat/messaging.hpp"
#include "net/shard.hpp"

namespace parley::api {

/// What the devices of one shard are sent: the store's feed as their events, and what they missed.
/// Lives on that shard.
class Delivery {
 public:
  /// A device that confirms may owe this many acknowledgements; one that owes more is cut off and
  /// resumes.
  static constexpr std::uint16_t max_unconfirmed = 1'000;
  /// Live changes that wait for one device to catch up; beyond it the device is cut off and
  /// resumes.
  static constexpr std::size_t max_held = 1'000;
  /// Bytes of their texts, likewise: about what may wait for a device that is there.
  static constexpr std::size_t max_held_bytes = 4 * 1024 * 1024;
  static constexpr std::chrono::milliseconds confirm_timeout{30'000};
  /// Changes of one commit that show that there is load, so that receipts wait for company.
  static constexpr std::size_t busy_batch = 16;

  Delivery(Devices& devices, chat::Messaging& messaging, GatewayMetrics& metrics)
      : shard_(devices.shard()),
        devices_(devices),
        messaging_(messaging),
        metrics_(metrics),
        marks_(shard_, messaging),
        late_(shard_) {}

  /// A commit of the store; they come in version order.
  void on_batch(const chat::ChangeBatchPtr& batch);
  void set_seen_version(chat::Version version) { seen_version_ = version; }
  /// A device that comes now is told of every change behind it.
  chat::Version seen_version() const { return seen_version_; }
  /// Live changes behind `since` may have been missed: gives the devices that were live, to be
  /// caught up again. The others note it.
  std::vector<DevicePtr> fall_behind(chat::Version since);

  /// A message from the backlog, for a device that catches up.
  void deliver_backlog(const DevicePtr& device, const chat::Message& message);
  /// What a device may have missed: messages and receipts as the feed would have told them, those
  /// that it had left out. Of receipts only those of messages on the page and of conversations'
  /// last messages: `sync` has all.
  void tell_missed(const DevicePtr& device, const chat::Sync& page);
  /// The device has its backlog: what was held follows, and it is live.
  void go_live(const DevicePtr& device);
  /// All that was sent to the device has left the process.
  void on_drained(Device& device);

 private:
  class View;
  enum class From { store, feed };
  /// The buffers of View, kept from one change to the next.
  struct Writers {
    wire::MessageText message;
    socketio::EventWriter events;
  };

  void tell(const DevicePtr& device, View& view);
  void tell_receipts(Device& device, const chat::Sync& page, const chat::Message& message);
  void tell_receipt(Device& device, const chat::Receipt& receipt, const chat::Message& message);
  void note_read(Device& device, chat::UserId reader, const chat::Message& message);
  void deliver(const DevicePtr& device, const chat::Message& message, View& view);
  void sum_up(Device& device, const View& view, chat::Message known);
  void emit(Device& device, const engineio::TextFrames& events);
  void on_answered(Device& device);
  bool is_news(const Device& device, const chat::Change& change) const;
  bool was_told(Device& device, const chat::Message& message, From from) const;
  void observe_pace(const chat::ChangeBatch& batch);
  void observe_delivery(const chat::Message& message);
  void ask_confirmation(const DevicePtr& device, const chat::Message& message);
  void hold(const DevicePtr& device, const chat::Change& change);

  net::Shard& shard_;
  Devices& devices_;
  chat::Messaging& messaging_;
  GatewayMetrics& metrics_;
  DeliveryMarks marks_;
  LateReceipts late_;
  Writers writers_;
  bool busy_ = false;
  chat::Version seen_version_ = 0;
};

}  // namespace parley::api
