#include <algorithm>
#include <map>
#include <set>

#include "store/mongo/round.hpp"

namespace parley::store::mongo {

/// Of several with one client id the first goes ahead; the others learn from it.
void Round::hold_twins() {
  std::map<std::pair<chat::UserId, std::string_view>, const Pending*> firsts;
  for (Pending& one : pending_) {
    one.twin = nullptr;
    if (!one.work->draft.client_id) continue;
    const auto [first, is_first] =
        firsts.try_emplace({one.work->draft.sender, *one.work->draft.client_id}, &one);
    if (is_first || one.work->answer) continue;
    const auto& known = first->second->work->answer;
    if (!known) {
      one.twin = first->second;
    } else if (*known) {
      one.work->answer.emplace(chat::Appended{(*known)->message, true});
      context_.stats.duplicate_messages.fetch_add(1, std::memory_order_relaxed);
    } else {
      first->second = &one;
    }
  }
}

Round::Refs Round::unresolved() {
  Refs all;
  for (Pending& one : pending_) {
    if (is_open(one) && !one.conversation) all.push_back(&one);
  }
  return all;
}

/// Gives every message its conversation, or its refusal.
Result<Done> Round::resolve() {
  for (Pending* one : unresolved()) {
    const chat::NewMessage& draft = one->work->draft;
    if (draft.sender == draft.receiver)
      one->answer(fail(Errc::bad_request, "a message to oneself"));
    else
      one->conversation = cache_.pair(draft.sender, draft.receiver);
  }
  using Step = Result<Done> (Round::*)();
  for (const Step step :
       {&Round::resolve_by_pair, &Round::resolve_duplicates, &Round::check_receivers,
        &Round::resolve_legacy, &Round::create_conversations}) {
    if (unresolved().empty()) break;
    if (auto done = (this->*step)(); !done) return done;
    for (Pending* one : unresolved())
      one->conversation = cache_.pair(one->work->draft.sender, one->work->draft.receiver);
  }
  for (Pending* one : unresolved())
    one->answer(fail(Errc::corrupt, "the conversation of a pair is missing"));
  return Done{};
}

/// Learns the pairs of the conversations that match.
Result<Done> Round::take_pairs(const Document& filter) {
  Document fields, options;
  fields.set("participants", 1).set("pair", 1);
  options.set("projection", fields);
  auto documents = find(conversations_collection, filter, options);
  if (!documents) return std::move(documents).error();
  for (const Document& document : *documents) {
    const auto found = head_from(document);
    if (!found || found->head.members.size() != 2) continue;
    cache_.put_pair(found->head.members[0].user, found->head.members[1].user, found->head.id);
  }
  return Done{};
}

Result<Done> Round::resolve_by_pair() {
  std::set<std::string> pairs;
  for (const Pending* one : unresolved())
    pairs.insert(pair_key(one->work->draft.sender, one->work->draft.receiver));
  Array all;
  for (const std::string& pair : pairs) all.add(pair);
  Document any, filter;
  any.set("$in", all);
  filter.set("pair", any);
  return take_pairs(filter);
}

/// A repeated message makes no conversation, whoever it is sent to.
Result<Done> Round::resolve_duplicates() {
  Refs asked = unresolved();
  std::erase_if(asked, [](const Pending* one) { return !one->work->draft.client_id; });
  if (asked.empty()) return Done{};
  auto firsts = find_firsts(asked);
  if (!firsts) return std::move(firsts).error();
  std::vector<std::pair<Pending*, Found>> matches;
  for (Pending* one : asked) {
    for (const Found& first : *firsts) {
      if (first.message.sender == one->work->draft.sender &&
          first.message.client_id == one->work->draft.client_id)
        matches.emplace_back(one, first);
    }
  }
  return answer_with(matches);
}

Result<Done> Round::check_receivers() {
  std::set<chat::UserId> unknown;
  for (const Pending* one : unresolved()) {
    if (!cache_.is_known(one->work->draft.receiver)) unknown.insert(one->work->draft.receiver);
  }
  if (!unknown.empty()) {
    const std::vector<chat::UserId> ids(unknown.begin(), unknown.end());
    Document filter, fields, options;
    match_any(filter, "_id", std::span<const chat::UserId>(ids));
    fields.set("_id", 1);
    options.set("projection", fields);
    auto documents = find("users", filter, options);
    if (!documents) return std::move(documents).error();
    for (const Document& document : *documents) {
      if (const auto id = document.view().id<chat::UserId>("_id")) cache_.put_user(*id);
    }
  }
  for (Pending* one : unresolved()) {
    if (!cache_.is_known(one->work->draft.receiver))
      one->answer(fail(Errc::not_found, "Receiver not found"));
  }
  return Done{};
}

/// Conversations of the Node original have no pair: they are told by their participants, and get
/// one. The latest wins where there are two.
Result<Done> Round::resolve_legacy() {
  std::set<Pair> pairs;
  for (const Pending* one : unresolved())
    pairs.insert(std::minmax(one->work->draft.sender, one->work->draft.receiver));
  if (pairs.empty()) return Done{};
  Array any;
  for (const auto& [low, high] : pairs) {
    Document both, filter, absent;
    absent.set("$exists", false);
    both.set("$all", Array().add(low).add(high)).set("$size", 2);
    filter.set("participants", both).set("pair", absent);
    any.add(filter);
  }
  Document filter, options, sort;
  filter.set("$or", any);
  // The one that is in use last: it stays in the cache, as `parley migrate` would have it.
  sort.set("lastMessageAt", 1).set("_id", 1);
  options.set("sort", sort);
  auto documents = find(conversations_collection, filter, options);
  if (!documents) return std::move(documents).error();
  std::map<std::string, chat::ConversationId> latest;
  for (const Document& document : *documents) {
    const auto found = head_from(document);
    if (found && found->head.members.size() == 2)
      latest[pair_key(found->head.members[0].user, found->head.members[1].user)] = found->head.id;
  }
  if (latest.empty()) return Done{};
  std::vector<Update> updates;
  for (const auto& [pair, id] : latest) {
    Update update;
    Document set;
    set.set("pair", pair);
    update.filter.set("_id", id);
    update.change.set("$set", set);
    updates.push_back(std::move(update));
  }
  auto written = bulk(conversations_collection, updates);
  if (!written) return std::move(written).error();
  return resolve_by_pair();  // Which may be another node's choice.
}

Result<Done> Round::create_conversations() {
  std::map<Pair, Time> pairs;
  for (const Pending* one : unresolved()) {
    pairs.try_emplace(std::minmax(one->work->draft.sender, one->work->draft.receiver),
                      one->work->draft.now);
  }
  std::vector<Document> documents;
  std::vector<Head> heads;
  for (const auto& [pair, now] : pairs) {
    Head head;
    head.id.bytes = context_.ids.next(now);
    head.created_at = now;
    head.members = {{{}, pair.first}, {{}, pair.second}};
    documents.push_back(new_conversation(head));
    heads.push_back(std::move(head));
  }
  if (documents.empty()) return Done{};
  context_.stats.commands.fetch_add(1, std::memory_order_relaxed);
  auto written = lease_.insert_many(conversations_collection, documents, Order::unordered);
  if (!written) return std::move(written).error();
  std::set<std::size_t> lost;
  for (const WriteError& error : written->errors) lost.insert(error.index);
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (lost.contains(i)) continue;
    cache_.put_pair(heads[i].members[0].user, heads[i].members[1].user, heads[i].id);
    CachedHead made;
    made.head = heads[i];
    made.loaded = started_;
    used_.insert(made.head.id);
    cache_.put(std::move(made));
  }
  return lost.empty() ? Result<Done>(Done{}) : resolve_by_pair();
}

}  // namespace parley::store::mongo
