#include <algorithm>

#include "store/embedded/bytes.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/message_store.hpp"

namespace parley::store::embedded {

namespace {
/// Messages of seq [first, last].
std::vector<chat::Message> load(View& view, const Head& head, chat::Seq first, chat::Seq last) {
  std::vector<chat::Message> messages;
  if (first > last) return messages;
  messages.reserve(last - first + 1);
  const Key from = keys::message(head.id, first);
  chat::Seq seq = first;
  Scan row = view.scan(from, from.bytes.size() - sizeof seq);
  for (; row.valid() && seq <= last; row.next(), ++seq) {
    auto record = decode_message(row.value());
    if (!record || record->sender >= head.participants.size() || Parser(row.rest()).be64() != seq)
      break;
    messages.push_back(head.message(seq, std::move(*record)));
  }
  if (seq <= last) {
    view.set_error(fail(Errc::corrupt, "messages of " + head.id.hex() + " are missing"));
  }
  view.fill_times(head, messages);
  return messages;
}

Result<chat::MessagePage> page_of(View& view, const chat::HistoryQuery& query) {
  const auto head = view.head(query.conversation_id);
  if (!head || !head->member(query.viewer)) return fail(Errc::not_found, "Conversation not found");
  const auto anchor = query.before ? query.before : query.after;
  const auto place = anchor ? view.location(*anchor) : std::nullopt;
  if (anchor && (!place || place->conversation != head->id))
    return fail(Errc::not_found, "Message not found");

  chat::Seq first = 1;
  chat::Seq last = head->last_seq;
  chat::MessagePage page;
  if (query.after) {
    first = place->seq + 1;
    page.has_more = last - place->seq > query.limit;
    if (page.has_more) last = place->seq + query.limit;
  } else {
    if (query.before) last = place->seq - 1;
    page.has_more = last > query.limit;
    if (page.has_more) first = last - query.limit + 1;
  }
  page.messages = load(view, *head, first, last);
  return page;
}
}  // namespace

Task<Result<chat::MessagePage>> MessageStore::history(chat::HistoryQuery query) {
  return read(database_.internals(),
              [query = std::move(query)](View& view) { return page_of(view, query); });
}

}  // namespace parley::store::embedded
