#include <algorithm>

#include "store/mongo/adopt.hpp"
#include "store/mongo/round.hpp"

namespace parley::store::mongo {

/// Reads all that the marks of this round are decided on.
Result<Done> Round::prepare_marks() {
  for (const chat::ConversationId& id : repairs_) {
    if (!touched_.contains(id)) doubt(id);
  }
  if (auto done = load(repairs_, Newer::all); !done) return done;
  if (marks_.empty()) return Done{};
  if (auto done = locate(); !done) return done;
  const Ids ids = marked();
  if (auto done = load(ids, Newer::recent); !done) return done;
  // A mark of a message that the conversation does not know: its writer may have died half-way.
  Ids behind;
  for (const std::size_t i : marks_) {
    const auto* work = std::get_if<DeliverWork>(&operations_[i]->work);
    if (work == nullptr) continue;
    for (const chat::DeliveryMark& mark : work->marks) {
      const CachedHead* known = head(mark.conversation_id);
      if (known == nullptr || mark.seq <= known->head.last_seq) continue;
      behind.push_back(mark.conversation_id);
    }
  }
  for (const chat::ConversationId& id : behind) cache_.forget(id);
  return load(std::move(behind), Newer::all);
}

/// Where the messages are that were read.
Result<Done> Round::locate() {
  std::vector<chat::MessageId> ids;
  for (const std::size_t i : marks_) {
    const auto* work = std::get_if<ReadWork>(&operations_[i]->work);
    if (work != nullptr && cache_.location(work->message) == nullptr) ids.push_back(work->message);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.empty()) return Done{};
  if (auto done = find_locations(ids); !done) return done;
  // Of Node servers' messages that have no place yet.
  std::vector<chat::MessageId> placeless;
  Ids theirs;
  for (const auto& [id, found] : located_) {
    if (found.message.seq > 0) continue;
    placeless.push_back(id);
    theirs.push_back(found.message.conversation_id);
  }
  for (const chat::ConversationId& id : theirs) {
    if (auto done = adopt(lease_, context_, id); !done) return std::move(done).error();
    cache_.forget(id);
  }
  return placeless.empty() ? Result<Done>(Done{}) : find_locations(placeless);
}

Result<Done> Round::find_locations(const std::vector<chat::MessageId>& ids) {
  Document filter, fields, options;
  match_any(filter, "_id", std::span<const chat::MessageId>(ids));
  fields.set("content", 0);
  options.set("projection", fields);
  auto documents = find(messages_collection, filter, options);
  if (!documents) return std::move(documents).error();
  for (const Document& document : *documents) {
    if (auto found = message_from(document))
      located_.insert_or_assign(found->message.id, std::move(*found));
  }
  return Done{};
}

/// The conversations that marks are of.
Round::Ids Round::marked() const {
  Ids ids;
  for (const std::size_t i : marks_) {
    const Work& work = operations_[i]->work;
    if (const auto* deliver = std::get_if<DeliverWork>(&work)) {
      for (const chat::DeliveryMark& mark : deliver->marks) ids.push_back(mark.conversation_id);
    } else if (const auto* read = std::get_if<ReadWork>(&work)) {
      if (const Location* known = cache_.location(read->message)) {
        ids.push_back(known->conversation);
      } else if (const auto found = located_.find(read->message); found != located_.end()) {
        ids.push_back(found->second.message.conversation_id);
      }
    }
  }
  return ids;
}

void Round::decide() {
  for (const std::size_t i : marks_) {
    Work& work = operations_[i]->work;
    if (auto* one = std::get_if<DeliverWork>(&work)) deliver(*one, i);
    if (auto* one = std::get_if<ReadWork>(&work)) read(*one, i);
  }
}

/// A mark of something that is not there moves nothing.
void Round::deliver(DeliverWork& work, std::size_t operation) {
  for (const chat::DeliveryMark& mark : work.marks) {
    CachedHead* known = head(mark.conversation_id);
    if (known == nullptr) continue;
    if (auto move = known->head.deliver(mark, work.now, context_.next_version()))
      keep(std::move(*move), operation);
  }
  work.answer.emplace(Done{});
}

void Round::read(ReadWork& work, std::size_t operation) {
  const Location* location = cache_.location(work.message);
  const auto found = located_.find(work.message);
  CachedHead* known = nullptr;
  if (location != nullptr) {
    known = head(location->conversation);
  } else if (found != located_.end()) {
    known = head(found->second.message.conversation_id);
  }
  if (known == nullptr) {
    work.answer.emplace(fail(Errc::not_found, "Message not found"));
    return;
  }
  if (location == nullptr) {
    const chat::Message& message = found->second.message;
    cache_.put_location(message.id, {known->head.id, message.seq, message.sender,
                                     found->second.sent_counts(known->head)});
    location = cache_.location(message.id);
  }
  auto move =
      known->head.read(work.reader, work.message, *location, work.now, context_.next_version());
  if (!move) {
    work.answer.emplace(std::move(move).error());
    return;
  }
  if (*move) keep(std::move(**move), operation);
  work.answer.emplace(Done{});
}

void Round::keep(Move move, std::size_t operation) {
  moves_.push_back({std::move(move), operation, false});
}

}  // namespace parley::store::mongo
