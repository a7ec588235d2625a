#include "store/mongo/seen.hpp"

#include <algorithm>
#include <utility>

namespace parley::store::mongo {

namespace {
const chat::ConversationId& conversation_of(const chat::Change& change) {
  if (const auto* appended = std::get_if<chat::MessageAppended>(&change))
    return appended->message.conversation_id;
  if (const auto* delivered = std::get_if<chat::MessageDelivered>(&change))
    return delivered->conversation_id;
  return std::get_if<chat::MessagesRead>(&change)->conversation_id;
}

bool raise(chat::Seq& watermark, chat::Seq to) {
  return to > watermark && std::exchange(watermark, to) != to;
}
}  // namespace

bool Seen::take(const chat::Change& change, SteadyTime now) {
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

bool Seen::advance(Place& place, const chat::Change& change) {
  if (const auto* appended = std::get_if<chat::MessageAppended>(&change))
    return raise(place.seq, appended->message.seq);
  if (const auto* delivered = std::get_if<chat::MessageDelivered>(&change))
    return raise(watermarks_of(place, delivered->receiver).delivered, delivered->seq);
  const auto& read = *std::get_if<chat::MessagesRead>(&change);
  Watermarks& watermarks = watermarks_of(place, read.reader);
  raise(watermarks.delivered, read.seq);
  return raise(watermarks.read, read.seq);
}

Seen::Watermarks& Seen::watermarks_of(Place& place, chat::UserId user) {
  auto& all = place.watermarks;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Watermarks& one) { return one.user == user; });
  return found != all.end() ? *found : all.emplace_back(Watermarks{user, 0, 0});
}

}  // namespace parley::store::mongo
