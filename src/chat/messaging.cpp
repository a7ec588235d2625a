#include "chat/messaging.hpp"

#include <charconv>
#include <utility>

#include "chat/rules.hpp"

namespace parley::chat {

namespace {
constexpr std::string_view cursor_prefix =
    "v1.";  ///< So that another kind of cursor may follow one day.
}

std::string to_cursor(Version version) {
  std::string cursor{cursor_prefix};
  cursor += std::to_string(version);
  return cursor;
}

Result<Version> from_cursor(std::string_view cursor) {
  const Error bad = fail(Errc::bad_request, "Invalid cursor");
  if (!cursor.starts_with(cursor_prefix)) return bad;
  cursor.remove_prefix(cursor_prefix.size());
  Version version = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), version);
  if (error != std::errc{} || end != cursor.data() + cursor.size()) return bad;
  return version;
}

Messaging::Messaging(MessageStore& messages, ReceiptStore& receipts,
                     ConversationStore& conversations, Limits limits)
    : messages_(messages), receipts_(receipts), conversations_(conversations), limits_(limits) {}

Task<Result<Appended>> Messaging::send(NewMessage draft) {
  auto checked = check(std::move(draft), limits_);
  if (!checked) co_return checked.error();
  NewMessage good = std::move(*checked);
  co_return co_await messages_.append(std::move(good));
}

Task<Result<Done>> Messaging::mark_read(UserId reader, MessageId message_id, Time now) {
  return receipts_.mark_read(reader, message_id, now);
}

Task<Result<Done>> Messaging::mark_delivered(std::vector<DeliveryMark> marks, Time now) {
  if (marks.empty()) co_return Done{};
  co_return co_await receipts_.mark_delivered(std::move(marks), now);
}

Task<Result<MessagePage>> Messaging::history(HistoryQuery query) {
  if (query.before && query.after) {
    co_return fail(Errc::bad_request, "Only one of before and after is possible");
  }
  const auto limit = page_size(query.limit, query.limit, limits_.history_page_max);
  if (!limit) co_return limit.error();
  query.limit = *limit;
  co_return co_await messages_.history(std::move(query));
}

Task<Result<MessagePage>> Messaging::backlog(BacklogQuery query) {
  return messages_.backlog(std::move(query));
}

Task<Result<Sync>> Messaging::sync(SyncRequest request) {
  const auto since = request.since ? from_cursor(*request.since) : Result<Version>{0};
  if (!since) co_return since.error();
  const auto limit = page_size(request.limit, limits_.sync_page, limits_.sync_page_max);
  if (!limit) co_return limit.error();
  auto page = co_await messages_.changes(request.user, *since, *limit);
  if (!page && page.error().code == Errc::bad_request) {
    co_return fail(Errc::bad_request, "Invalid cursor");
  }
  if (!page) co_return page.error();
  co_return Sync{std::move(page->messages), std::move(page->receipts),
                 std::move(page->conversations), to_cursor(page->cursor), page->has_more};
}

Task<Result<Conversation>> Messaging::conversation(ConversationId id, UserId viewer) {
  return conversations_.find(id, viewer);
}

Task<Result<SummaryPage>> Messaging::conversations(UserId viewer, std::optional<std::string> cursor,
                                                   std::optional<std::size_t> limit) {
  const auto size = page_size(limit, limits_.conversations_page, limits_.conversations_page_max);
  if (!size) co_return size.error();
  co_return co_await conversations_.list(viewer, std::move(cursor), *size);
}

Task<Result<std::vector<UserId>>> Messaging::peers(UserId user) {
  return conversations_.peers(user);
}

std::optional<MessageId> next_cursor(const HistoryQuery& query, const MessagePage& page) {
  if (!page.has_more || page.messages.empty()) return std::nullopt;
  return query.after ? page.messages.back().id : page.messages.front().id;
}

}  // namespace parley::chat
