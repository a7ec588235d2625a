#include "store/mongo/message_store.hpp"

#include <algorithm>

#include "store/mongo/database.hpp"
#include "store/mongo/internals.hpp"
#include "store/mongo/load.hpp"

namespace parley::store::mongo {

namespace {
/// One page of a conversation, and whether what it shows is written as it is shown.
class History {
 public:
  History(Lease& lease, Internals& internals, const chat::HistoryQuery& query)
      : lease_(lease), internals_(internals), query_(query) {}

  Result<chat::MessagePage> page() {
    auto head = load_head(lease_, internals_.context, query_.conversation_id, query_.viewer);
    if (!head) return std::move(head).error();
    Document filter, seq, options, sort;
    filter.set("conversationId", head->id);
    if (const auto anchor = query_.before ? query_.before : query_.after) {
      const auto place = seq_of(*anchor);
      if (!place) return place.error();
      seq.set(query_.before ? "$lt" : "$gt", *place);
    } else {
      seq.set("$gt", std::int64_t{0});
    }
    filter.set("seq", seq);
    sort.set("seq", query_.after ? 1 : -1);
    options.set("sort", sort).set("limit", static_cast<std::int64_t>(query_.limit) + 1);
    auto documents = lease_.find(messages_collection, filter, options);
    if (!documents) return std::move(documents).error();
    return show(*head, *documents);
  }

 private:
  Result<chat::Seq> seq_of(chat::MessageId id) {
    Document filter;
    filter.set("_id", id);
    auto document = lease_.find_one(messages_collection, filter);
    if (!document) return std::move(document).error();
    const auto found = *document ? message_from(**document) : std::nullopt;
    if (!found || found->message.conversation_id != query_.conversation_id ||
        found->message.seq == 0)
      return fail(Errc::not_found, "Message not found");
    return found->message.seq;
  }

  chat::MessagePage show(const Head& head, const std::vector<Document>& documents) {
    chat::MessagePage page;
    page.has_more = documents.size() > query_.limit;
    const chat::Version horizon = internals_.context.horizon();
    bool is_behind = false;
    for (const Document& document : documents) {
      if (page.messages.size() == query_.limit) break;
      auto found = message_from(document);
      if (!found) continue;
      const bool lags = head.complete(found->message);
      is_behind = is_behind || (lags && head.changed() <= horizon) ||
                  (found->message.seq > head.last_seq && found->message.version <= horizon);
      page.messages.push_back(std::move(found->message));
    }
    if (!query_.after) std::reverse(page.messages.begin(), page.messages.end());
    if (is_behind) internals_.writer.repair(head.id);
    return page;
  }

  Lease& lease_;
  Internals& internals_;
  const chat::HistoryQuery& query_;
};
}  // namespace

Task<Result<chat::Appended>> MessageStore::append(chat::NewMessage draft) {
  return submit<chat::Appended>(database_.internals().writer, AppendWork{std::move(draft), {}});
}

Task<Result<chat::MessagePage>> MessageStore::history(chat::HistoryQuery query) {
  Internals& internals = database_.internals();
  return read(internals, [&internals, query = std::move(query)](Lease& lease) {
    return History(lease, internals, query).page();
  });
}

}  // namespace parley::store::mongo
