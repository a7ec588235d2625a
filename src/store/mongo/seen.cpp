#include "store/mongo/seen.hpp"

#include <algorithm>

namespace parley::store::mongo {

namespace {
const chat::ConversationId& conversation_of(const chat::Change& change) {
  if (const auto* appended = std::get_if<chat::MessageAppended>(&change))
    return appended->message.conversation_id;
  if (const auto* delivered = std::get_if<chat::MessageDelivered>(&change))
    return delivered->conversation_id;
  return std::get_if<chat::MessagesRead>(&change)->conversation_id;
}
}  // namespace

bool Seen::take(chat::Change& change, SteadyTime now) {
  const chat::ConversationId& id = conversation_of(change);
  Place* place = places_.find(id);
  if (place != nullptr && now - place->touched > keep_) *place = {};
  if (place == nullptr) {
    place = &places_.insert(id, {});
    places_.trim();
  }
  place->touched = now;
  return advance(*place, change);
}

bool Seen::advance(Place& place, chat::Change& change) {
  if (auto* appended = std::get_if<chat::MessageAppended>(&change)) {
    if (appended->message.seq <= place.seq) return false;
    place.seq = appended->message.seq;
    complete(*appended, place);
    return true;
  }
  if (const auto* delivered = std::get_if<chat::MessageDelivered>(&change))
    return raise(watermarks_of(place, delivered->receiver).delivered, delivered->seq,
                 delivered->at);
  const auto& read = *std::get_if<chat::MessagesRead>(&change);
  Watermarks& watermarks = watermarks_of(place, read.reader);
  raise(watermarks.delivered, read.seq, read.at);
  return raise(watermarks.read, read.seq, read.at);
}

bool Seen::raise(Watermark& watermark, chat::Seq to, Time at) {
  if (to <= watermark.seq) return false;
  watermark = {to, at};
  return true;
}

void Seen::complete(chat::MessageAppended& appended, const Place& place) {
  chat::Message& message = appended.message;
  for (const Watermarks& one : place.watermarks) {
    const bool is_read = one.read.seq >= message.seq;
    if (one.user == message.receiver) {
      if (is_read && !message.read_at) message.read_at = one.read.at;
      // That of a later message: nothing is read before it is delivered.
      if (one.delivered.seq >= message.seq && !message.delivered_at)
        message.delivered_at = std::min(one.delivered.at, message.read_at.value_or(Time::max()));
    }
    // Its node may not have heard of the reading.
    const chat::Seq behind = is_read ? 0 : message.seq - one.read.seq;
    for (chat::Unread& unread : appended.unread) {
      if (unread.user == one.user) unread.count = std::min<std::uint64_t>(unread.count, behind);
    }
  }
}

Seen::Watermarks& Seen::watermarks_of(Place& place, chat::UserId user) {
  auto& all = place.watermarks;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Watermarks& one) { return one.user == user; });
  return found != all.end() ? *found : all.emplace_back(Watermarks{user, {}, {}});
}

}  // namespace parley::store::mongo
