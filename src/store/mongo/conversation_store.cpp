#include "store/mongo/conversation_store.hpp"

#include <algorithm>
#include <unordered_map>

#include "store/mongo/database.hpp"
#include "store/mongo/internals.hpp"
#include "store/mongo/list_cursor.hpp"
#include "store/mongo/summary.hpp"

namespace parley::store::mongo {

namespace {
constexpr std::string_view version_field = "parley.tail.version";

/// What comes behind the cursor; those without a version, too: nobody has adopted them yet.
Array behind(const ListCursor& cursor) {
  Document before, below_version, below_id, absent;
  before.set("$lt", cursor.last_at);
  below_version.set("$lt", cursor.last_version);
  below_id.set("$lt", cursor.conversation);
  absent.set("$exists", false);
  Document older, lower, last, unknown;
  older.set("lastMessageAt", before);
  lower.set("lastMessageAt", cursor.last_at).set(version_field, below_version);
  last.set("lastMessageAt", cursor.last_at)
      .set(version_field, cursor.last_version)
      .set("_id", below_id);
  unknown.set("lastMessageAt", cursor.last_at).set(version_field, absent);
  return std::move(Array().add(older).add(lower).add(last).add(unknown));
}

Result<chat::SummaryPage> page_of(Lease& lease, Context& context, chat::UserId viewer,
                                  const std::optional<ListCursor>& cursor, std::size_t limit) {
  // Before anything is read.
  const chat::SyncCursor as_of = context.horizon();
  Document filter, there, options, sort;
  there.set("$exists", true);
  filter.set("participants", viewer).set("lastMessageAt", there);
  if (cursor) filter.set("$or", behind(*cursor));
  sort.set("lastMessageAt", -1).set(version_field, -1).set("_id", -1);
  options.set("sort", sort).set("limit", static_cast<std::int64_t>(limit) + 1);
  auto loaded = load_page(lease, context, filter, options);
  if (!loaded) return std::move(loaded).error();
  auto& heads = loaded->heads;
  if (heads.size() > limit) heads.resize(limit);
  auto summaries = summarize(lease, heads, viewer);
  if (!summaries) return std::move(summaries).error();
  chat::SummaryPage page{std::move(*summaries), std::nullopt, std::nullopt};
  if (!cursor) page.as_of = as_of;
  // Of documents that cannot be read nobody hears; they do not end the list.
  if (loaded->documents > limit && !heads.empty()) {
    const Head& last = heads.back();
    page.next_cursor = to_text(ListCursor{last.last_at, last.last_version, last.id});
  }
  return page;
}

Result<chat::Summary> summary_between(Lease& lease, Context& context, chat::UserId viewer,
                                      chat::UserId other) {
  // By its pair; conversations of the Node original have none yet.
  Document by_pair, both, by_participants;
  by_pair.set("pair", pair_key(viewer, other));
  both.set("$all", Array().add(viewer).add(other));
  by_participants.set("participants", both);
  for (const Document* filter : {&by_pair, &by_participants}) {
    const auto heads = load_heads(lease, context, *filter);
    if (!heads) return heads.error();
    if (heads->empty()) continue;
    auto summaries = summarize(lease, std::span(heads->data(), 1), viewer);
    if (!summaries) return std::move(summaries).error();
    if (!summaries->empty()) return std::move(summaries->front());
  }
  return fail(Errc::not_found, "Conversation not found");
}

Result<std::vector<chat::UserId>> peers_of(Lease& lease, chat::UserId user) {
  Document filter, options, fields;
  filter.set("participants", user);
  fields.set("_id", 0).set("participants", 1);
  options.set("projection", fields);
  std::vector<chat::UserId> peers;
  auto done = lease.each(conversations_collection, filter, options, [&](View document) {
    if (const auto participants = document.document("participants")) {
      participants->each([&](std::string_view, const Value& one) {
        if (const auto peer = one.id<chat::UserId>(); peer && *peer != user) peers.push_back(*peer);
      });
    }
    return true;
  });
  if (!done) return std::move(done).error();
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}
}  // namespace

Result<std::vector<chat::Summary>> summarize(Lease& lease, std::span<const Head> heads,
                                             chat::UserId viewer) {
  std::vector<chat::MessageId> ids;
  for (const Head& head : heads) {
    if (head.last_seq > 0) ids.push_back(head.last_id);
  }
  std::unordered_map<chat::MessageId, chat::Message> messages;
  if (!ids.empty()) {
    Document filter;
    match_any(filter, "_id", std::span<const chat::MessageId>(ids));
    auto done = lease.each(messages_collection, filter, {}, [&](View document) {
      if (auto found = message_from(document))
        messages.emplace(found->message.id, std::move(found->message));
      return true;
    });
    if (!done) return std::move(done).error();
  }
  std::vector<chat::Summary> all;
  for (const Head& head : heads) {
    const auto member = head.member(viewer);
    if (!member) continue;
    chat::Summary summary{head.conversation(), std::nullopt, head.unread(*member)};
    if (const auto last = messages.find(head.last_id); last != messages.end()) {
      head.complete(last->second);
      summary.last_message = std::move(last->second);
    }
    all.push_back(std::move(summary));
  }
  return all;
}

Task<Result<chat::Conversation>> ConversationStore::find(chat::ConversationId id,
                                                         chat::UserId viewer) {
  Internals& internals = database_.internals();
  return read(internals, [&internals, id, viewer](Lease& lease) -> Result<chat::Conversation> {
    auto head = load_head(lease, internals.context, id, viewer);
    if (!head) return std::move(head).error();
    return head->conversation();
  });
}

Task<Result<chat::SummaryPage>> ConversationStore::list(chat::UserId viewer,
                                                        std::optional<std::string> cursor,
                                                        std::size_t limit) {
  Internals& internals = database_.internals();
  const auto below = cursor ? list_cursor_from(*cursor) : std::nullopt;
  const bool is_bad = cursor && !below;
  return read(internals, [=, &internals](Lease& lease) -> Result<chat::SummaryPage> {
    if (is_bad) return fail(Errc::bad_request, "Invalid cursor");
    return page_of(lease, internals.context, viewer, below, limit);
  });
}

Task<Result<chat::Summary>> ConversationStore::between(chat::UserId viewer, chat::UserId other) {
  Internals& internals = database_.internals();
  return read(internals, [&internals, viewer, other](Lease& lease) {
    return summary_between(lease, internals.context, viewer, other);
  });
}

Task<Result<std::vector<chat::UserId>>> ConversationStore::peers(chat::UserId user) {
  return read(database_.internals(), [user](Lease& lease) { return peers_of(lease, user); });
}

}  // namespace parley::store::mongo
