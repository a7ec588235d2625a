#include <algorithm>
#include <map>

#include "store/mongo/adopt.hpp"
#include "store/mongo/round.hpp"

namespace parley::store::mongo {

namespace {
constexpr std::size_t max_unwritten = 10'000;

void fail_mark(Work& work, const Error& error) {
  if (auto* deliver = std::get_if<DeliverWork>(&work)) deliver->answer.emplace(error);
  if (auto* read = std::get_if<ReadWork>(&work)) read->answer.emplace(error);
}
}  // namespace

/// What the conversations say, then what old messages say. Messages are committed already; marks
/// are by this.
void Round::record() {
  for (const chat::ConversationId& id : touched_) {
    const CachedHead* known = cache_.find_any(id);
    if (known != nullptr && known->is_doubtful) unrecorded_.push_back(id);
  }
  const Result<Done> written = insist([this] { return write_conversations(); });
  if (!written) {
    failure_ = written.error();
    fail_moves(written.error());
  }
  for (const chat::ConversationId& id : touched_) {
    CachedHead* known = cache_.find_any(id);
    if (known == nullptr || known->is_doubtful) continue;
    if (written) {
      known->recorded = {known->head.last_seq, known->head.last_at};
    } else {
      cache_.forget(id);
      if (info(written.error().code).temporary) unrecorded_.push_back(id);
    }
  }
  std::erase_if(moves_, [](const Moved& one) { return one.is_dropped; });
  for (const Moved& one : moves_) changes_.push_back(one.move.change);
  context_.stats.marks_advanced.fetch_add(moves_.size(), std::memory_order_relaxed);
  write_receipts();
}

void Round::fail_moves(const Error& error) {
  for (const Moved& one : moves_) {
    fail_mark(operations_[one.operation]->work, error);
    cache_.forget(one.move.conversation);
  }
  moves_.clear();
}

/// Several moves of one watermark are one; `by_time`: of one moment.
std::vector<Round::Moved> Round::coalesced(bool by_time) const {
  std::vector<Moved> all;
  std::map<std::pair<chat::ConversationId, chat::UserId>, std::size_t> newest;
  for (const Moved& one : moves_) {
    if (one.is_dropped) continue;
    const auto [place, is_first] =
        newest.try_emplace({one.move.conversation, one.move.user}, all.size());
    if (!is_first) {
      Move& before = all[place->second].move;
      const bool fits =
          !by_time || (before.read.has_value() == one.move.read.has_value() &&
                       (one.move.read ? one.move.read->at == before.read->at
                                      : one.move.delivered->at == before.delivered->at));
      if (fits) {
        if (one.move.delivered) before.delivered = one.move.delivered;
        if (one.move.read) {
          before.read = one.move.read;
          before.sent_at_read = one.move.sent_at_read;
        }
        continue;
      }
      place->second = all.size();
    }
    all.push_back(one);
  }
  return all;
}

Result<Done> Round::write_conversations() {
  std::vector<Update> updates;
  for (const chat::ConversationId& id : touched_) {
    const CachedHead* known = cache_.find_any(id);
    if (known == nullptr || known->is_doubtful) continue;
    updates.push_back(tail_update(known->head, known->last_text, &known->recorded));
  }
  for (const Moved& one : coalesced(false)) {
    const CachedHead* known = cache_.find_any(one.move.conversation);
    const bool with_count = !touched_.contains(one.move.conversation);
    add_move(updates, one.move, known->head, with_count);
  }
  if (updates.empty()) return Done{};
  auto written = bulk(conversations_collection, updates);
  if (!written) return std::move(written).error();
  if (const Ids refused = refusals(updates, *written); !refused.empty()) {
    if (auto done = mend(refused); !done) return done;
    written = bulk(conversations_collection, updates);
    if (!written) return std::move(written).error();
  }
  const bool is_all = static_cast<std::size_t>(written->matched) == updates.size();
  return is_all && written->errors.empty() ? Result<Done>(Done{}) : verify();
}

/// The conversations of updates that the database refused.
Round::Ids Round::refusals(const std::vector<Update>& updates, const Written& written) {
  Ids ids;
  for (const WriteError& error : written.errors) {
    failure_ = fail(Errc::internal, "MongoDB: " + error.message);
    const View filter = updates.at(error.index).filter.view();
    if (const auto id = filter.id<chat::ConversationId>("_id")) ids.push_back(*id);
  }
  return ids;
}

/// Members of a wrong type, which are as if they were not there, stand in the way of their fields.
Result<Done> Round::mend(const Ids& refused) {
  std::vector<Update> updates;
  for (const chat::ConversationId& id : refused) {
    if (const CachedHead* known = cache_.find_any(id)) add_mending(updates, known->head);
  }
  if (updates.empty()) return Done{};
  auto written = bulk(conversations_collection, updates);
  return written ? Result<Done>(Done{}) : std::move(written).error();
}

/// Some updates found nothing to do: another node has been there (then its word holds), a Node
/// server has (then its messages get their places), or our own earlier try. Or they were refused.
Result<Done> Round::verify() {
  Ids ids(touched_.begin(), touched_.end());
  for (const Moved& one : moves_) ids.push_back(one.move.conversation);
  Document filter;
  match_any(filter, "_id", std::span<const chat::ConversationId>(ids));
  auto documents = find(conversations_collection, filter);
  if (!documents) return std::move(documents).error();
  std::vector<Update> updates;
  for (const Document& document : *documents) {
    const auto found = head_from(document);
    if (!found) continue;
    if (auto done = verify(*found, updates); !done) return done;
  }
  if (updates.empty()) return Done{};
  auto written = bulk(conversations_collection, updates);
  if (!written) return std::move(written).error();
  for (const chat::ConversationId& id : refusals(updates, *written)) cache_.forget(id);
  return Done{};
}

Result<Done> Round::verify(const FoundHead& found, std::vector<Update>& updates) {
  const chat::ConversationId& id = found.head.id;
  CachedHead* known = cache_.find_any(id);
  if (known == nullptr) return Done{};
  const bool is_recorded = found.head.last_seq >= known->head.last_seq || known->is_doubtful;
  verify_moves(found);
  recount(found.head, known->head, updates);
  if (is_recorded || !touched_.contains(id)) return Done{};
  if (found.is_stale) {
    if (auto done = adopt(lease_, context_, id); !done) return std::move(done).error();
    cache_.forget(id);
  } else {
    updates.push_back(tail_update(known->head, known->last_text, nullptr));
  }
  return Done{};
}

/// What is unread by what others have read, and sent, meanwhile.
void Round::recount(const Head& found, Head& head, std::vector<Update>& updates) {
  head.take_marks(found);
  for (chat::Change& change : changes_) {
    auto* appended = std::get_if<chat::MessageAppended>(&change);
    if (appended == nullptr || appended->message.conversation_id != head.id) continue;
    if (const Location* location = cache_.location(appended->message.id))
      appended->unread = head.unread_at(location->seq, location->sent);
  }
  if (found.last_seq <= head.last_seq) return;
  for (Moved& one : moves_) {
    auto* read = std::get_if<chat::MessagesRead>(&one.move.change);
    if (read == nullptr || read->conversation_id != head.id || one.is_dropped) continue;
    const auto member = found.member(read->reader);
    if (!member) continue;
    read->unread_count = found.unread(*member);
    updates.push_back(count_update(found, *member));
  }
}

/// A watermark that carries another version than ours, and is as far, was moved by another node.
/// One that is not as far was refused.
void Round::verify_moves(const FoundHead& found) {
  std::map<chat::UserId, std::pair<chat::Version, chat::Version>> ours;
  for (const Moved& one : moves_) {
    if (one.move.conversation != found.head.id) continue;
    auto& [delivered, read] = ours[one.move.user];
    if (one.move.delivered) delivered = one.move.delivered->version;
    if (one.move.read) read = one.move.read->version;
  }
  for (Moved& one : moves_) {
    if (one.move.conversation != found.head.id) continue;
    const auto member = found.head.member(one.move.user);
    if (!member) continue;
    const Member& theirs = found.head.members[*member];
    const auto& [delivered, read] = ours[one.move.user];
    if (one.move.read && one.move.delivered && theirs.delivered.version != delivered) {
      // It was delivered by another node before it was read by this one.
      one.move.delivered.reset();
      one.move.delivered_before = theirs.delivered;
      cache_.forget(found.head.id);
    }
    const chat::Watermark& stored = one.move.read ? theirs.read : theirs.delivered;
    if (stored.version == (one.move.read ? read : delivered)) continue;
    one.is_dropped = true;
    cache_.forget(found.head.id);
    if (stored.seq >= (one.move.read ? one.move.read : one.move.delivered)->seq) continue;
    fail_mark(operations_[one.operation]->work, fail(Errc::internal, "a refused watermark"));
  }
}

void Round::write_receipts() {
  std::vector<Update> updates = std::move(unwritten_);
  unwritten_.clear();
  for (const Moved& one : coalesced(true)) add_receipts(updates, one.move);
  for (const chat::ConversationId& id : repairs_) {
    if (const CachedHead* known = head(id)) add_lagging_receipts(updates, known->head);
  }
  if (updates.empty()) return;
  const auto written = bulk(messages_collection, updates);
  // Readers take the status from the watermarks meanwhile.
  if (!written && updates.size() < max_unwritten) unwritten_ = std::move(updates);
}

}  // namespace parley::store::mongo
