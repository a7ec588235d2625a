#include "api/devices.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "api/event_names.hpp"
#include "api/wire.hpp"
#include "chat/ports/feed.hpp"

namespace parley::api {

namespace {

/// A device that was not there when the message came missed nothing, but what no other device of
/// its user has had.
bool is_for(const Device& device, const chat::Message& message) {
  const bool is_owed = message.receiver == device.user && message.status() == chat::Status::sent;
  return is_owed || message.created_at >= device.came;
}

/// A user's devices, safe to walk while one of them goes away.
using Present = boost::container::small_vector<DevicePtr, 4>;

socketio::EncodedEvent encode(std::string_view event, std::string args) {
  return {"/", event, socketio::Payload{std::move(args), {}}};
}

chat::DeliveryMark mark_of(const chat::Message& message) {
  return {message.receiver, message.conversation_id, message.id, message.sender, message.seq};
}

/// The message of a change as text, made when the first of its notices needs it.
class LazyText {
 public:
  const wire::MessageText& of(const chat::Message& message) {
    if (!text_) text_.emplace(message);
    return *text_;
  }

 private:
  std::optional<wire::MessageText> text_;
};

struct Encode {
  wire::Viewer viewer;
  LazyText& text;

  socketio::EncodedEvent operator()(const chat::MessageNotice& notice) const {
    return encode(events::receive_message, wire::receive_message(text.of(notice.message), viewer));
  }
  socketio::EncodedEvent operator()(const chat::ConversationNotice& notice) const {
    const wire::MessageText& last = text.of(notice.last_message);
    return encode(events::conversation_updated,
                  wire::conversation_updated(last, viewer, notice.unread_count));
  }
  socketio::EncodedEvent operator()(const chat::DeliveredNotice& notice) const {
    return encode(events::message_delivered, wire::message_delivered(notice.delivered));
  }
  socketio::EncodedEvent operator()(const chat::ReadNotice& notice) const {
    return encode(events::message_read, wire::message_read(notice.read));
  }
};

/// An event that nobody else gets.
template <class Notice>
socketio::EncodedEvent encode_alone(const Notice& notice, wire::Viewer viewer) {
  LazyText text;
  return Encode{viewer, text}(notice);
}

wire::Viewer viewer_of(const chat::Notice& notice, chat::UserId user) {
  const chat::Message* message = nullptr;
  if (const auto* received = std::get_if<chat::MessageNotice>(&notice))
    message = &received->message;
  if (const auto* updated = std::get_if<chat::ConversationNotice>(&notice))
    message = &updated->last_message;
  // Without a client id both see the same bytes.
  return message != nullptr && message->client_id ? wire::viewer(*message, user)
                                                  : wire::Viewer::other;
}

}  // namespace

/// One notice as bytes, made when the first device here needs them.
class Devices::Views {
 public:
  /// `text` is that of the notice's change.
  explicit Views(LazyText& text) : text_(text) {}

  const socketio::EncodedEvent& of(const chat::Notice& notice, chat::UserId user) {
    const wire::Viewer viewer = viewer_of(notice, user);
    auto& view = viewer == wire::Viewer::sender ? sender_ : other_;
    if (!view) view = std::visit(Encode{viewer, text_}, notice);
    return *view;
  }

 private:
  LazyText& text_;
  std::optional<socketio::EncodedEvent> sender_, other_;
};

void Devices::add(const DevicePtr& device) {
  device->joined_at = seen_version_;
  by_user_[device->user].push_back(device);
  ++size_;
  metrics_.devices.set(shard_.index(), static_cast<std::int64_t>(size_));
}

void Devices::remove(const DevicePtr& device) {
  const auto entry = by_user_.find(device->user);
  if (entry == by_user_.end()) return;
  size_ -= std::erase(entry->second, device);
  if (entry->second.empty()) by_user_.erase(entry);
  metrics_.devices.set(shard_.index(), static_cast<std::int64_t>(size_));
}

std::vector<DeviceReport> Devices::report(chat::UserId user) const {
  std::vector<DeviceReport> reports;
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return reports;
  for (const DevicePtr& device : found->second)
    reports.push_back({device->came, device->phase == Device::Phase::live, device->confirms,
                       device->unconfirmed, device->held.size(), device->joined_at});
  return reports;
}

void Devices::on_batch(const chat::ChangeBatchPtr& batch) {
  busy_ = batch->changes.size() >= busy_batch;
  for (std::size_t index = 0; index < batch->changes.size(); ++index) {
    LazyText text;
    chat::fan_out(batch->changes[index],
                  [&](std::span<const chat::UserId> to, const chat::Notice& notice) {
                    Views views(text);
                    for (const chat::UserId& user : to) {
                      const auto entry = by_user_.find(user);
                      if (entry == by_user_.end()) continue;
                      const Present present(entry->second.begin(), entry->second.end());
                      for (const DevicePtr& device : present) {
                        if (!is_news(*device, batch->changes[index])) continue;
                        if (device->phase == Device::Phase::catching_up) hold(device, batch, index);
                        if (device->phase == Device::Phase::live) tell(device, notice, views);
                      }
                    }
                  });
  }
  seen_version_ = batch->last_version;
}

std::vector<DevicePtr> Devices::fall_behind() {
  std::vector<DevicePtr> behind;
  for (const auto& [user, devices] : by_user_) {
    for (const DevicePtr& device : devices) {
      device->behind = device->phase == Device::Phase::catching_up;
      if (device->phase != Device::Phase::live) continue;
      device->phase = Device::Phase::catching_up;
      behind.push_back(device);
    }
  }
  return behind;
}

void Devices::hold(const DevicePtr& device, const chat::ChangeBatchPtr& batch, std::size_t index) {
  // A change has several notices; it is held once.
  if (!device->held.empty() && device->held.back().batch == batch &&
      device->held.back().index == index)
    return;
  if (device->held.size() >= max_held) return device->socket->close_engine();
  device->held.push_back({batch, index});
}

void Devices::go_live(const DevicePtr& device) {
  device->phase = Device::Phase::live;
  for (const HeldChange& change : std::exchange(device->held, {})) {
    LazyText text;
    chat::fan_out(change.batch->changes[change.index],
                  [&](std::span<const chat::UserId> to, const chat::Notice& notice) {
                    Views views(text);
                    if (std::find(to.begin(), to.end(), device->user) != to.end())
                      tell(device, notice, views);
                  });
  }
}

void Devices::tell(const DevicePtr& device, const chat::Notice& notice, Views& views) {
  if (const auto* received = std::get_if<chat::MessageNotice>(&notice)) {
    const chat::Message& message = received->message;
    if (!was_told(*device, message, From::feed))
      deliver(device, message, views.of(notice, device->user));
    return;
  }
  if (const auto* read = std::get_if<chat::ReadNotice>(&notice)) {
    // The device that read knows it already.
    const auto& own = device->own_reads;
    if (std::find(own.begin(), own.end(), read->read.message_id) != own.end()) return;
  }
  const socketio::EncodedEvent& event = views.of(notice, device->user);
  if (busy_ && std::holds_alternative<chat::DeliveredNotice>(notice))
    return late_.add(device, event);
  late_.release(*device);
  device->socket->emit(event);
}

void Devices::deliver(const DevicePtr& device, const chat::Message& message,
                      const socketio::EncodedEvent& event) {
  const bool for_receiver = message.receiver == device->user;
  if (for_receiver && device->confirms) return ask_confirmation(device, message);
  late_.release(*device);
  device->socket->emit(event);
  if (!for_receiver) return;
  device->written.push_back(mark_of(message));
  if (device->phase == Device::Phase::live) observe_delivery(message);
}

/// Where nodes repeat what others may not have published, old messages come again.
bool Devices::is_news(const Device& device, const chat::Change& change) const {
  if (seen_version_ != chat::no_cut) return true;
  const auto* appended = std::get_if<chat::MessageAppended>(&change);
  return appended == nullptr || is_for(device, appended->message);
}

/// Where one version parts backlog and live changes, none comes twice.
bool Devices::was_told(Device& device, const chat::Message& message, From from) const {
  if (seen_version_ != chat::no_cut) return false;
  if (!device.told) device.told = std::make_unique<Told>();
  const Time now = wall_now();
  return from == From::store ? !device.told->add_stored(message, now)
                             : !device.told->add_published(message, now);
}

void Devices::observe_delivery(const chat::Message& message) {
  const auto waited = wall_now() - message.created_at;
  metrics_.delivery_seconds.observe(shard_.index(), std::chrono::duration<double>(waited).count());
}

void Devices::ask_confirmation(const DevicePtr& device, const chat::Message& message) {
  if (device->unconfirmed >= max_unconfirmed) return device->socket->close_engine();
  ++device->unconfirmed;
  const socketio::Payload args{wire::receive_message(message, wire::Viewer::other), {}};
  device->socket->emit_with_ack(events::receive_message, args, confirm_timeout,
                                [this, weak = std::weak_ptr(device), mark = mark_of(message)](
                                    const Result<socketio::Payload>& confirmed) {
                                  if (const auto present = weak.lock()) on_answered(*present);
                                  if (!confirmed) return;
                                  metrics_.messages_delivered.add(shard_.index());
                                  marks_.add(mark);
                                });
}

void Devices::deliver_backlog(const DevicePtr& device, const chat::Message& message) {
  if (was_told(*device, message, From::store)) return;
  deliver(device, message, encode_alone(chat::MessageNotice{message}, wire::Viewer::other));
}

void Devices::tell_missed(const DevicePtr& device, const chat::Sync& page) {
  for (const chat::Message& message : page.messages) {
    if (!is_for(*device, message)) continue;
    if (!was_told(*device, message, From::store)) {
      const wire::Viewer viewer = wire::viewer(message, device->user);
      deliver(device, message, encode_alone(chat::MessageNotice{message}, viewer));
    }
    if (device->is_gone()) return;
    for (const chat::Receipt& receipt : page.receipts) {
      if (receipt.conversation_id == message.conversation_id)
        tell_receipt(*device, receipt, message);
    }
  }
  for (const chat::Summary& summary : page.conversations) {
    if (!summary.last_message) continue;
    const wire::Viewer viewer = wire::viewer(*summary.last_message, device->user);
    const chat::ConversationNotice notice{*summary.last_message, summary.unread_count};
    device->socket->emit(encode_alone(notice, viewer));
  }
}

/// The watermark stands at this message, which is not of who received or read.
void Devices::tell_receipt(Device& device, const chat::Receipt& receipt,
                           const chat::Message& message) {
  if (message.sender == receipt.user) return;
  const bool is_mine = receipt.user == device.user;
  if (receipt.read_seq == message.seq && receipt.read_at) {
    const chat::MessagesRead read{message.conversation_id,
                                  message.id,
                                  message.seq,
                                  receipt.user,
                                  {message.sender, message.receiver},
                                  0,
                                  *receipt.read_at,
                                  0};
    device.socket->emit(encode_alone(chat::ReadNotice{read}, wire::Viewer::other));
  } else if (receipt.delivered_seq == message.seq && receipt.delivered_at && !is_mine) {
    const chat::MessageDelivered delivered{
        message.conversation_id, message.id, message.seq, message.sender, message.receiver,
        *receipt.delivered_at,   0};
    device.socket->emit(encode_alone(chat::DeliveredNotice{delivered}, wire::Viewer::other));
  }
}

/// Confirmed, or waited for in vain.
void Devices::on_answered(Device& device) {
  --device.unconfirmed;
  if (device.unconfirmed == 0 && device.drained) device.drained->cancel();
}

void Devices::on_drained(Device& device) {
  if (!device.written.empty()) {
    metrics_.messages_delivered.add(shard_.index(), device.written.size());
    marks_.add(std::exchange(device.written, {}));
  }
  if (device.drained) device.drained->cancel();
}

void Devices::emit(std::span<const chat::UserId> users, const socketio::EncodedEvent& event) {
  for (const chat::UserId& user : users) {
    const auto entry = by_user_.find(user);
    if (entry == by_user_.end()) continue;
    const Present present(entry->second.begin(), entry->second.end());
    for (const DevicePtr& device : present) device->socket->emit(event);
  }
}

void Devices::close(chat::UserId user, const std::optional<chat::FamilyId>& family) {
  const auto entry = by_user_.find(user);
  if (entry == by_user_.end()) return;
  const Present present(entry->second.begin(), entry->second.end());
  for (const DevicePtr& device : present) {
    if (!family || device->family == family) device->socket->close_engine();
  }
}

}  // namespace parley::api
