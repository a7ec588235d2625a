#include "api/devices.hpp"

#include <algorithm>

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

constexpr std::size_t kept_marks = 2;  ///< Room that a device keeps for the next ones.

chat::DeliveryMark mark_of(const chat::Message& message) {
  return {message.receiver, message.conversation_id, message.id, message.sender, message.seq};
}

/// Without a client id both see the same bytes.
wire::Viewer viewer_of(const chat::Message& message, chat::UserId user) {
  return message.client_id ? wire::viewer(message, user) : wire::Viewer::other;
}

}  // namespace

/// What is told of one change, as bytes, made when the first device here needs them. They lie in
/// the Writers: one at a time.
class Devices::Views {
 public:
  explicit Views(Writers& writers) : writers_(writers) {}

  engineio::TextFrame of(const chat::Notice& notice, chat::UserId user) {
    return std::visit([&](const auto& one) { return view(one, user); }, notice);
  }

 private:
  struct View {
    socketio::EventWriter& writer;
    std::optional<engineio::TextFrame> bytes;
  };

  engineio::TextFrame view(const chat::MessageNotice& notice, chat::UserId user) {
    const wire::Viewer viewer = viewer_of(notice.message, user);
    const bool is_sender = viewer == wire::Viewer::sender;
    return once(is_sender ? to_sender_ : to_others_, heads::receive_message,
                [&](std::string& out) { text_of(notice.message).append(out, viewer); });
  }

  engineio::TextFrame view(const chat::ConversationNotice& notice, chat::UserId user) {
    if (conversation_.bytes && conversation_of_ == user) return *conversation_.bytes;
    const chat::Message& message = notice.last_message;
    conversation_of_ = user;
    conversation_.bytes.reset();
    return once(conversation_, heads::conversation_updated, [&](std::string& out) {
      wire::append_conversation_updated(out, text_of(message), viewer_of(message, user),
                                        notice.unread_count);
    });
  }

  engineio::TextFrame view(const chat::DeliveredNotice& notice, chat::UserId) {
    return once(to_others_, heads::message_delivered,
                [&](std::string& out) { wire::append_message_delivered(out, notice.delivered); });
  }

  engineio::TextFrame view(const chat::ReadNotice& notice, chat::UserId) {
    return once(to_others_, heads::message_read,
                [&](std::string& out) { wire::append_message_read(out, notice.read); });
  }

  /// The bytes, written by `write` when they are asked for first.
  template <class Write>
  static engineio::TextFrame once(View& view, const socketio::EventHead& head, Write write) {
    if (!view.bytes) {
      write(view.writer.begin(head));
      view.bytes = view.writer.end();
    }
    return *view.bytes;
  }

  const wire::MessageText& text_of(const chat::Message& message) {
    if (!std::exchange(has_text_, true)) writers_.message.write(message);
    return writers_.message;
  }

  Writers& writers_;
  View to_sender_{writers_.to_sender, {}}, to_others_{writers_.to_others, {}},
      conversation_{writers_.conversation, {}};
  chat::UserId conversation_of_;
  bool has_text_ = false;
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
  Present& present = entry->second;
  const auto found = std::find(present.begin(), present.end(), device);
  if (found == present.end()) return;
  present.erase(found);
  --size_;
  if (present.empty()) by_user_.erase(entry);
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
  if (busy_) observe_pace(*batch);
  for (std::size_t index = 0; index < batch->changes.size(); ++index) {
    const chat::Change& change = batch->changes[index];
    Views views(writers_);
    chat::fan_out(change, [&](const chat::UserId& user, std::span<const chat::Notice> notices) {
      const auto entry = by_user_.find(user);
      if (entry == by_user_.end()) return;
      const Present present = entry->second;  // it changes when one of them goes away
      for (const DevicePtr& device : present) {
        if (!is_news(*device, change)) continue;
        if (device->phase == Device::Phase::catching_up) hold(device, batch, index);
        if (device->phase == Device::Phase::live) tell(device, notices, views);
      }
    });
  }
  seen_version_ = batch->last_version;
}

void Devices::observe_pace(const chat::ChangeBatch& batch) {
  for (const chat::Change& change : batch.changes) {
    const auto* appended = std::get_if<chat::MessageAppended>(&change);
    if (appended != nullptr) return late_.observe(wall_now() - appended->message.created_at);
  }
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
  if (device->held.size() >= max_held) return device->socket->close_engine();
  device->held.push_back({batch, index});
}

void Devices::go_live(const DevicePtr& device) {
  device->phase = Device::Phase::live;
  for (const HeldChange& held : std::exchange(device->held, {})) {
    Views views(writers_);
    chat::fan_out(held.batch->changes[held.index],
                  [&](const chat::UserId& user, std::span<const chat::Notice> notices) {
                    if (user == device->user) tell(device, notices, views);
                  });
  }
}

void Devices::tell(const DevicePtr& device, std::span<const chat::Notice> notices, Views& views) {
  for (const chat::Notice& notice : notices) {
    if (!device->is_gone()) tell(device, notice, views);
  }
}

void Devices::tell(const DevicePtr& device, const chat::Notice& notice, Views& views) {
  if (const auto* received = std::get_if<chat::MessageNotice>(&notice)) {
    const chat::Message& message = received->message;
    if (!was_told(*device, message, From::feed)) deliver(device, message, views);
    return;
  }
  if (const auto* read = std::get_if<chat::ReadNotice>(&notice)) {
    // The device that read knows it already.
    const auto& own = device->own_reads;
    if (std::find(own.begin(), own.end(), read->read.message_id) != own.end()) return;
  }
  const auto* delivered = std::get_if<chat::DeliveredNotice>(&notice);
  if (busy_ && delivered != nullptr) return late_.add(device, delivered->delivered);
  late_.release(*device);
  device->socket->emit(views.of(notice, device->user));
}

void Devices::deliver(const DevicePtr& device, const chat::Message& message, Views& views) {
  const bool for_receiver = message.receiver == device->user;
  if (for_receiver && device->confirms) return ask_confirmation(device, message);
  late_.release(*device);
  device->socket->emit(views.of(chat::MessageNotice{message}, device->user));
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
  socketio::Payload args{"[", {}};
  wire::append_message(args.json, message, wire::Viewer::other);
  args.json += ']';
  device->socket->emit_with_ack(
      events::receive_message, args, confirm_timeout,
      [this, device, mark = mark_of(message)](const Result<socketio::Payload>& confirmed) {
        on_answered(*device);
        if (!confirmed) return;
        metrics_.messages_delivered.add(shard_.index());
        marks_.add(mark);
      });
}

void Devices::deliver_backlog(const DevicePtr& device, const chat::Message& message) {
  if (was_told(*device, message, From::store)) return;
  Views views(writers_);
  deliver(device, message, views);
}

void Devices::tell_missed(const DevicePtr& device, const chat::Sync& page) {
  for (const chat::Message& message : page.messages) {
    if (!is_for(*device, message)) continue;
    if (!was_told(*device, message, From::store)) {
      Views views(writers_);
      deliver(device, message, views);
    }
    if (device->is_gone()) return;
    for (const chat::Receipt& receipt : page.receipts) {
      if (receipt.conversation_id == message.conversation_id)
        tell_receipt(*device, receipt, message);
    }
  }
  for (const chat::Summary& summary : page.conversations) {
    if (!summary.last_message) continue;
    const chat::ConversationNotice notice{*summary.last_message, summary.unread_count};
    device->socket->emit(Views{writers_}.of(notice, device->user));
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
    device.socket->emit(Views{writers_}.of(chat::ReadNotice{read}, device.user));
  } else if (receipt.delivered_seq == message.seq && receipt.delivered_at && !is_mine) {
    const chat::MessageDelivered delivered{
        message.conversation_id, message.id, message.seq, message.sender, message.receiver,
        *receipt.delivered_at,   0};
    device.socket->emit(Views{writers_}.of(chat::DeliveredNotice{delivered}, device.user));
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
    marks_.add(device.written);
    device.written.clear();
    if (device.written.capacity() > kept_marks) device.written.shrink_to_fit();
  }
  if (device.drained) device.drained->cancel();
}

void Devices::emit(std::span<const chat::UserId> users, const socketio::EncodedEvent& event) {
  for (const chat::UserId& user : users) {
    const auto entry = by_user_.find(user);
    if (entry == by_user_.end()) continue;
    const Present present = entry->second;
    for (const DevicePtr& device : present) device->socket->emit(event);
  }
}

void Devices::close(chat::UserId user, const std::optional<chat::FamilyId>& family) {
  const auto entry = by_user_.find(user);
  if (entry == by_user_.end()) return;
  const Present present = entry->second;
  for (const DevicePtr& device : present) {
    if (!family || device->family == family) device->socket->close_engine();
  }
}

}  // namespace parley::api
