#include <algorithm>
#include <map>

#include "store/mongo/round.hpp"

namespace parley::store::mongo {

/// One insert of what can go now. Afterwards some have their answer, or their conversation is in
/// doubt and will be read again.
Result<Done> Round::insert_some() {
  hold_twins();
  if (auto done = resolve(); !done) return done;
  Ids ids;
  for (const Pending& one : pending_) {
    if (is_open(one) && !one.placed) ids.push_back(*one.conversation);
  }
  if (auto done = load(std::move(ids), Newer::recent); !done) return done;
  place();
  Order order = Order::unordered;
  const Refs sent = choose(order);
  if (sent.empty()) return Done{};
  std::vector<Document> documents;
  documents.reserve(sent.size());
  for (const Pending* one : sent)
    documents.push_back(to_document(*one->placed, cache_.find_any(*one->conversation)->head));
  context_.stats.commands.fetch_add(1, std::memory_order_relaxed);
  auto written = lease_.insert_many(messages_collection, documents, order);
  if (written) return settle(sent, *written, order);
  // Which of them are there nobody knows: the same _ids will tell.
  for (const Pending* one : sent) doubt(*one->conversation);
  return std::move(written).error();
}

/// In the order in which they were asked for.
void Round::place() {
  for (Pending& one : pending_) {
    if (!is_open(one) || one.placed) continue;
    CachedHead* known = head(*one.conversation);
    if (known == nullptr || !known->head.member(one.work->draft.sender)) {
      one.answer(fail(Errc::corrupt, "the conversation is damaged"));
      continue;
    }
    one.placed = known->head.append(one.work->draft, one.id, context_.next_version());
  }
}

/// Many conversations: the first of each, which do not depend on each other. Few, with several
/// messages each: in order.
Round::Refs Round::choose(Order& order) {
  Refs firsts, all;
  std::unordered_set<chat::ConversationId> conversations;
  for (Pending& one : pending_) {
    if (!is_open(one) || !one.placed) continue;
    all.push_back(&one);
    if (conversations.insert(*one.conversation).second) firsts.push_back(&one);
  }
  const bool is_spread = firsts.size() == all.size() || firsts.size() >= ordered_max;
  order = is_spread ? Order::unordered : Order::ordered;
  if (is_spread) return firsts;
  all.resize(std::min(all.size(), ordered_max));
  return all;
}

Result<Done> Round::settle(const Refs& sent, const Written& written, Order order) {
  std::map<std::size_t, const WriteError*> errors;
  for (const WriteError& error : written.errors) errors.emplace(error.index, &error);
  const bool stopped = order == Order::ordered && !errors.empty();
  const std::size_t end = stopped ? errors.begin()->first + 1 : sent.size();
  Refs refused;
  for (std::size_t i = 0; i < end && i < sent.size(); ++i) {
    const auto error = errors.find(i);
    if (error == errors.end()) {
      commit(*sent[i]);
    } else if (error->second->is_duplicate()) {
      refused.push_back(sent[i]);
    } else {
      sent[i]->answer(fail(Errc::internal, error->second->message));
      doubt(*sent[i]->conversation);
    }
  }
  return refused.empty() ? Result<Done>(Done{}) : settle_refused(refused);
}

void Round::commit(Pending& one) {
  Placed& placed = *one.placed;
  CachedHead* known = cache_.find_any(*one.conversation);
  known->last_text = placed.message.content;
  touched_.insert(*one.conversation);
  cache_.put_location(one.id, {*one.conversation, placed.message.seq, placed.message.sender,
                               std::move(placed.sent)});
  changes_.push_back(chat::MessageAppended{placed.message, std::move(placed.unread)});
  one.work->answer.emplace(chat::Appended{std::move(placed.message), false});
  context_.stats.messages_appended.fetch_add(1, std::memory_order_relaxed);
}

/// Taken already: the _id or client id (the message is there), or the seq (another node was first).
Result<Done> Round::settle_refused(const Refs& refused) {
  for (const Pending* one : refused) doubt(*one->conversation);
  auto firsts = find_firsts(refused);
  if (!firsts) return std::move(firsts).error();
  std::vector<std::pair<Pending*, Found>> matches;
  for (Pending* one : refused) {
    const chat::NewMessage& draft = one->work->draft;
    const auto first = std::find_if(firsts->begin(), firsts->end(), [&](const Found& found) {
      return found.message.id == one->id ||
             (draft.client_id && found.message.client_id == draft.client_id &&
              found.message.sender == draft.sender);
    });
    if (first != firsts->end()) matches.emplace_back(one, *first);
  }
  context_.stats.conflicts.fetch_add(refused.size() - matches.size(), std::memory_order_relaxed);
  if (auto done = answer_with(matches); !done) return done;
  const SteadyTime now = std::chrono::steady_clock::now();
  for (const Pending* one : refused) {
    if (!one->work->answer && now < std::min(*one->work->until, deadline_))
      contested_.insert(*one->conversation);
  }
  return Done{};
}

/// The messages that have their ids, or their client ids.
Result<std::vector<Found>> Round::find_firsts(const Refs& asked) {
  Array any, ids;
  for (const Pending* one : asked) {
    ids.add(one->id);
    if (!one->work->draft.client_id) continue;
    Document filter;
    filter.set("sender", one->work->draft.sender);
    set_text(filter, "clientId", *one->work->draft.client_id);
    any.add(filter);
  }
  Document by_id, in, filter;
  in.set("$in", ids);
  by_id.set("_id", in);
  any.add(by_id);
  filter.set("$or", any);
  auto documents = find(messages_collection, filter);
  if (!documents) return std::move(documents).error();
  std::vector<Found> all;
  for (const Document& document : *documents) {
    if (auto found = message_from(document)) all.push_back(std::move(*found));
  }
  return all;
}

/// Messages that are there, with the status they have now.
Result<Done> Round::answer_with(const std::vector<std::pair<Pending*, Found>>& matches) {
  Ids ids;
  for (const auto& match : matches) ids.push_back(match.second.message.conversation_id);
  if (auto done = load(std::move(ids), Newer::recent); !done) return done;
  for (const auto& [pending, found] : matches) {
    chat::Message message = found.message;
    const bool is_own = message.id == pending->id;
    if (const CachedHead* known = head(message.conversation_id)) {
      known->head.complete(message);
      // Whoever wrote it may have died before telling anybody.
      if (is_own || !message.delivered_at || message.version > context_.horizon()) {
        auto unread = known->head.unread_at(message.seq, found.sent_counts(known->head));
        changes_.push_back(chat::MessageAppended{message, std::move(unread)});
      }
    }
    auto& count = is_own ? context_.stats.messages_appended : context_.stats.duplicate_messages;
    count.fetch_add(1, std::memory_order_relaxed);
    pending->work->answer.emplace(chat::Appended{std::move(message), !is_own});
  }
  return Done{};
}

/// The places in a conversation that are not taken for sure are given again.
void Round::unplace(chat::ConversationId id) {
  for (Pending& one : pending_) {
    if (!one.work->answer && one.conversation == id) one.placed.reset();
  }
}

}  // namespace parley::store::mongo
