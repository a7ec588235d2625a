#include "api/delivery.hpp"

#include <algorithm>
#include <unordered_set>

#include "api/event_names.hpp"
#include "api/wire.hpp"
#include "chat/ports/feed.hpp"

namespace parley::api {

namespace {

/// Nodes' clocks are no further apart where the database that says the time answers soon (ADR
/// 0016).
constexpr std::chrono::milliseconds clocks_differ{50};

/// No device of its user has had it.
bool is_owed(const Device& device, const chat::Message& message) {
  return message.receiver == device.user && message.status() == chat::Status::sent;
}

/// A device that was not there when the message came missed nothing, but what no other device of
/// its user has had.
bool is_for(const Device& device, const chat::Message& message) {
  return is_owed(device, message) || message.created_at >= device.came - clocks_differ;
}

constexpr std::size_t kept_marks = 2;  ///< Room that a device keeps for the next ones.

chat::DeliveryMark mark_of(const chat::Message& message) {
  return {message.receiver, message.conversation_id, message.id, message.sender, message.seq};
}

}  // namespace

/// What people are told of one change, one of them at a time: their events as bytes, written when
/// the first of their devices here needs them.
class Delivery::View {
 public:
  explicit View(Writers& writers) : writers_(writers) {}
  View(Writers& writers, const chat::Notice& notice, chat::UserId user) : writers_(writers) {
    turn_to(user, {&notice, 1});
  }

  void turn_to(chat::UserId user, std::span<const chat::Notice> notices) {
    user_ = user;
    notices_ = notices;
    is_written_ = false;
  }
  const chat::Notice& first() const { return notices_.front(); }
  /// Of the conversation, where the first notice is a message.
  std::uint64_t unread_count() const {
    return std::get<chat::ConversationNotice>(notices_.back()).unread_count;
  }

  engineio::TextFrames all() {
    if (!std::exchange(is_written_, true)) {
      writers_.events.clear();
      for (const chat::Notice& notice : notices_) {
        std::visit([this](const auto& one) { write(one); }, notice);
        writers_.events.end();
      }
    }
    return writers_.events.frames();
  }

 private:
  void write(const chat::MessageNotice& notice) {
    std::string& out = writers_.events.begin(heads::receive_message);
    text_of(notice.message).append(out, wire::viewer(notice.message, user_));
  }
  void write(const chat::ConversationNotice& notice) {
    wire::append_conversation_updated(
        writers_.events.begin(heads::conversation_updated), text_of(notice.last_message),
        wire::viewer(notice.last_message, user_), notice.unread_count);
  }
  void write(const chat::DeliveredNotice& notice) {
    wire::append_message_delivered(writers_.events.begin(heads::message_delivered),
                                   notice.delivered);
  }
  void write(const chat::ReadNotice& notice) {
    wire::append_message_read(writers_.events.begin(heads::message_read), notice.read);
  }

  const wire::MessageText& text_of(const chat::Message& message) {
    if (!std::exchange(has_text_, true)) writers_.message.write(message);
    return writers_.message;
  }

  Writers& writers_;
  chat::UserId user_;
  std::span<const chat::Notice> notices_;
  bool is_written_ = false;  ///< All of the notices.
  bool has_text_ = false;
};

void Delivery::on_batch(const chat::ChangeBatchPtr& batch) {
  busy_ = batch->changes.size() >= busy_batch;
  if (busy_) observe_pace(*batch);
  for (const chat::Change& change : batch->changes) {
    View view(writers_);
    chat::fan_out(change, [&](const chat::UserId& user, std::span<const chat::Notice> notices) {
      view.turn_to(user, notices);
      devices_.for_each(user, [&](const DevicePtr& device) {
        if (!is_news(*device, change)) return;
        if (device->phase == Device::Phase::catching_up) hold(device, change);
        if (device->phase == Device::Phase::live) tell(device, view);
      });
    });
  }
  seen_version_ = batch->last_version;
}

void Delivery::observe_pace(const chat::ChangeBatch& batch) {
  for (const chat::Change& change : batch.changes) {
    const auto* appended = std::get_if<chat::MessageAppended>(&change);
    if (appended != nullptr) return late_.observe(messaging_.now() - appended->message.created_at);
  }
}

std::vector<DevicePtr> Delivery::fall_behind(chat::Version since) {
  std::vector<DevicePtr> behind;
  devices_.for_all([&](const DevicePtr& device) {
    if (device->phase != Device::Phase::live) {
      if (!device->told) device->told = std::make_unique<Told>();
      auto& missed_since = device->told->missed_since;
      missed_since = std::min(missed_since.value_or(since), since);
      return;
    }
    device->phase = Device::Phase::catching_up;
    late_.release(*device);
    behind.push_back(device);
  });
  return behind;
}

/// A copy: the batch holds what concerns others, too, and the device may take its time.
void Delivery::hold(const DevicePtr& device, const chat::Change& change) {
  if (!device->held) device->held = std::make_unique<Held>();
  Held& held = *device->held;
  if (const auto* appended = std::get_if<chat::MessageAppended>(&change))
    held.bytes += appended->message.content.size();
  if (held.changes.size() >= max_held || held.bytes > max_held_bytes)
    return device->socket->close_engine();
  held.changes.push_back(change);
}

void Delivery::go_live(const DevicePtr& device) {
  device->phase = Device::Phase::live;
  const auto held = std::exchange(device->held, nullptr);
  if (!held) return;
  for (const chat::Change& change : held->changes) {
    View view(writers_);
    chat::fan_out(change, [&](const chat::UserId& user, std::span<const chat::Notice> notices) {
      if (user != device->user || device->is_gone()) return;
      view.turn_to(user, notices);
      tell(device, view);
    });
  }
}

/// All that the device is told of a change goes in one piece.
void Delivery::tell(const DevicePtr& device, View& view) {
  const chat::Notice& first = view.first();
  if (const auto* received = std::get_if<chat::MessageNotice>(&first)) {
    const chat::Message& message = received->message;
    if (!was_told(*device, message, From::feed)) return deliver(device, message, view);
    if (!device->told->is_summed_up(message)) sum_up(*device, view, message);
    return;
  }
  if (const auto* read = std::get_if<chat::ReadNotice>(&first)) {
    // The device that read knows it already.
    const auto& own = device->own_reads;
    if (std::find(own.begin(), own.end(), read->read.message_id) != own.end()) return;
  }
  if (const auto* notice = std::get_if<chat::DeliveredNotice>(&first)) {
    const chat::MessageDelivered& delivered = notice->delivered;
    const bool is_late = device->told && device->told->is_read(delivered.conversation_id,
                                                               delivered.receiver, delivered.seq);
    if (is_late) return;
    if (busy_) return late_.add(device, delivered);
  }
  emit(*device, view.all());
}

/// What a message that the device knows makes of its conversation. The view is that of others, too.
void Delivery::sum_up(Device& device, const View& view, chat::Message known) {
  device.told->complete(known);
  const bool has_read = known.read_at && known.receiver == device.user;
  Writers writers;
  const chat::Notice summary{chat::ConversationNotice{known, has_read ? 0 : view.unread_count()}};
  emit(device, View(writers, summary, device.user).all());
}

void Delivery::emit(Device& device, const engineio::TextFrames& events) {
  if (events.count == 0) return;
  late_.release(device);
  device.socket->emit(events);
}

/// The first event of `view` is the message.
void Delivery::deliver(const DevicePtr& device, const chat::Message& message, View& view) {
  const bool for_receiver = message.receiver == device->user;
  if (for_receiver && device->confirms) {
    ask_confirmation(device, message);
    return emit(*device, view.all().rest());
  }
  emit(*device, view.all());
  if (!for_receiver) return;
  device->written.push_back(mark_of(message));
  if (device->phase == Device::Phase::live) observe_delivery(message);
}

/// Where nodes repeat what others may not have published, old messages come again; whether a device
/// has had them it may have forgotten.
bool Delivery::is_news(const Device& device, const chat::Change& change) const {
  if (seen_version_ != chat::no_cut) return true;
  const auto* appended = std::get_if<chat::MessageAppended>(&change);
  if (appended == nullptr) return true;
  const chat::Message& message = appended->message;
  const bool is_old = message.created_at + Told::memory < messaging_.now();
  return is_old ? is_owed(device, message) : is_for(device, message);
}

/// Where one version parts backlog and live changes, none comes twice.
bool Delivery::was_told(Device& device, const chat::Message& message, From from) const {
  if (seen_version_ != chat::no_cut) return false;
  if (!device.told) device.told = std::make_unique<Told>();
  const Time now = messaging_.now();
  return from == From::store ? !device.told->add_stored(message, now)
                             : !device.told->add_published(message, now);
}

void Delivery::observe_delivery(const chat::Message& message) {
  const auto waited = messaging_.now() - message.created_at;
  metrics_.delivery_seconds.observe(shard_.index(), std::chrono::duration<double>(waited).count());
}

void Delivery::ask_confirmation(const DevicePtr& device, const chat::Message& message) {
  if (device->unconfirmed >= max_unconfirmed) return device->socket->close_engine();
  ++device->unconfirmed;
  late_.release(*device);
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

void Delivery::deliver_backlog(const DevicePtr& device, const chat::Message& message) {
  if (was_told(*device, message, From::store)) return;
  const chat::Notice notice{chat::MessageNotice{message}};
  View view(writers_, notice, device->user);
  deliver(device, message, view);
}

void Delivery::tell_missed(const DevicePtr& device, const chat::Sync& page) {
  std::unordered_set<chat::MessageId> told;
  for (const chat::Message& message : page.messages) {
    if (!is_for(*device, message)) {
      (void)was_told(*device, message, From::store);  // And is not told later, behind its place.
      continue;
    }
    deliver_backlog(device, message);
    if (device->is_gone()) return;
    tell_receipts(*device, page, message);
    told.insert(message.id);
  }
  for (const chat::Summary& summary : page.conversations) {
    if (!summary.last_message) continue;
    if (device->told) device->told->add_summary(*summary.last_message);
    const chat::Notice notice{
        chat::ConversationNotice{*summary.last_message, summary.unread_count}};
    device->socket->emit(View(writers_, notice, device->user).all());
    // Mostly it is the one that was received or read, however long it has been there.
    if (!told.contains(summary.last_message->id))
      tell_receipts(*device, page, *summary.last_message);
  }
}

void Delivery::tell_receipts(Device& device, const chat::Sync& page, const chat::Message& message) {
  if (message.read_at) note_read(device, message.receiver, message);
  for (const chat::Receipt& receipt : page.receipts) {
    const bool was_missed = std::max(receipt.delivered_at, receipt.read_at) >= device.came;
    if (was_missed && receipt.conversation_id == message.conversation_id)
      tell_receipt(device, receipt, message);
  }
}

void Delivery::note_read(Device& device, chat::UserId reader, const chat::Message& message) {
  if (device.told) device.told->add_read(reader, message, messaging_.now());
}

/// The watermark stands at this message, which is not of who received or read.
void Delivery::tell_receipt(Device& device, const chat::Receipt& receipt,
                            const chat::Message& message) {
  if (message.sender == receipt.user) return;
  const bool is_mine = receipt.user == device.user;
  if (receipt.read_seq == message.seq && receipt.read_at) {
    note_read(device, receipt.user, message);
    const chat::MessagesRead read{message.conversation_id,
                                  message.id,
                                  message.seq,
                                  receipt.user,
                                  {message.sender, message.receiver},
                                  0,
                                  *receipt.read_at,
                                  0};
    const chat::Notice notice{chat::ReadNotice{read}};
    device.socket->emit(View(writers_, notice, device.user).all());
  } else if (receipt.delivered_seq == message.seq && receipt.delivered_at && !is_mine &&
             !message.read_at) {  // Several nodes write: the message may be newer than the receipt.
    const chat::MessageDelivered delivered{
        message.conversation_id, message.id, message.seq, message.sender, message.receiver,
        *receipt.delivered_at,   0};
    const chat::Notice notice{chat::DeliveredNotice{delivered}};
    device.socket->emit(View(writers_, notice, device.user).all());
  }
}

/// Confirmed, or waited for in vain.
void Delivery::on_answered(Device& device) {
  --device.unconfirmed;
  if (device.unconfirmed == 0 && device.drained) device.drained->cancel();
}

void Delivery::on_drained(Device& device) {
  if (!device.written.empty()) {
    metrics_.messages_delivered.add(shard_.index(), device.written.size());
    marks_.add(device.written);
    device.written.clear();
    if (device.written.capacity() > kept_marks) device.written.shrink_to_fit();
  }
  if (device.drained) device.drained->cancel();
}

}  // namespace parley::api
