#include "store/embedded/conversation_store.hpp"

#include <algorithm>

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/list_cursor.hpp"
#include "store/embedded/summary.hpp"

namespace parley::store::embedded {

namespace {
ListCursor place_of(const Head& head) { return {head.last_version, head.id}; }

Result<chat::SummaryPage> page_of(View& view, chat::UserId viewer,
                                  const std::optional<ListCursor>& below, std::size_t limit) {
  auto heads = view.heads_of(viewer);
  if (below) std::erase_if(heads, [&](const Head& head) { return place_of(head) >= *below; });
  const std::size_t count = std::min(limit, heads.size());
  const auto end = heads.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(heads.begin(), end, heads.end(),
                    [](const Head& a, const Head& b) { return place_of(a) > place_of(b); });
  chat::SummaryPage page;
  if (!below) page.as_of = view.version();
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto member = heads[i].member(viewer))
      page.summaries.push_back(summarize(view, heads[i], *member));
  }
  if (count > 0 && count < heads.size()) page.next_cursor = to_text(place_of(heads[count - 1]));
  return page;
}

Result<std::vector<chat::UserId>> peers_of(View& view, chat::UserId user) {
  std::vector<chat::UserId> peers;
  for (Scan row = view.scan(keys::memberships(user)); row.valid(); row.next()) {
    const auto ids = decode_ids(row.value());
    if (!ids) return fail(Errc::corrupt, "a membership row does not decode");
    peers.insert(peers.end(), ids->begin(), ids->end());
  }
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}
}  // namespace

chat::Summary summarize(View& view, const Head& head, Member viewer) {
  chat::Summary summary{head.conversation(), std::nullopt, head.unread(viewer)};
  if (auto record = view.message(head, head.last_seq)) {
    summary.last_message = head.message(head.last_seq, std::move(*record));
    view.fill_times(head, std::span(&*summary.last_message, 1));
  }
  return summary;
}

Task<Result<chat::Conversation>> ConversationStore::find(chat::ConversationId id,
                                                         chat::UserId viewer) {
  return read(database_.internals(), [id, viewer](View& view) -> Result<chat::Conversation> {
    const auto head = view.head(id);
    if (!head || !head->member(viewer)) return fail(Errc::not_found, "Conversation not found");
    return head->conversation();
  });
}

Task<Result<chat::SummaryPage>> ConversationStore::list(chat::UserId viewer,
                                                        std::optional<std::string> cursor,
                                                        std::size_t limit) {
  const auto below = cursor ? list_cursor_from(*cursor) : std::nullopt;
  const bool is_bad = cursor && !below;
  return read(database_.internals(), [=](View& view) -> Result<chat::SummaryPage> {
    if (is_bad) return fail(Errc::bad_request, "Invalid cursor");
    return page_of(view, viewer, below, limit);
  });
}

Task<Result<chat::Summary>> ConversationStore::between(chat::UserId viewer, chat::UserId other) {
  return read(database_.internals(), [viewer, other](View& view) -> Result<chat::Summary> {
    const auto id = view.conversation_of(viewer, other);
    const auto head = id ? view.head(*id) : std::nullopt;
    const auto member = head ? head->member(viewer) : std::nullopt;
    if (!member) return fail(Errc::not_found, "Conversation not found");
    return summarize(view, *head, *member);
  });
}

Task<Result<std::vector<chat::UserId>>> ConversationStore::peers(chat::UserId user) {
  return read(database_.internals(), [user](View& view) { return peers_of(view, user); });
}

}  // namespace parley::store::embedded
