#include "chat/messaging.hpp"

#include <algorithm>
#include <utility>

#include "chat/rules.hpp"
#include "chat/weight.hpp"

namespace parley::chat {

namespace {

/// Of what is too much for one answer no more is looked at than says so: this is a shard.
template <class One>
std::size_t weight_of(const std::vector<One>& all) {
  std::size_t sum = 0;
  for (std::size_t seen = 1; const One& one : all) {
    sum += weight(one);
    if (sum > page_bytes) return sum * all.size() / seen;
    ++seen;
  }
  return sum;
}

std::size_t weight_of(const SyncPage& page) {
  return weight_of(page.messages) + weight_of(page.receipts) + weight_of(page.conversations);
}

/// How many are asked for again where `most` weighed too much: half of them at most.
std::size_t fewer(std::size_t most, std::size_t weight) {
  return std::max<std::size_t>(1, most * page_bytes / std::max(weight, 2 * page_bytes));
}

/// Tells the notices before whoever waits.
class Noticing final : public AppendWaiter {
 public:
  Noticing(Notices& notices, std::unique_ptr<AppendWaiter> then)
      : notices_(notices), then_(std::move(then)) {}
  Executor executor() const override { return then_->executor(); }
  void on_appended(Result<Appended> appended) override {
    if (appended) notices_.sent(appended->message);
    then_->on_appended(std::move(appended));
  }

 private:
  Notices& notices_;
  std::unique_ptr<AppendWaiter> then_;
};

}  // namespace

Messaging::Messaging(MessageStore& messages, ReceiptStore& receipts,
                     ConversationStore& conversations, Limits limits)
    : messages_(messages), receipts_(receipts), conversations_(conversations), limits_(limits) {}

Result<Done> Messaging::accept(NewMessage& draft) const {
  auto checked = check(draft, limits_);
  if (checked) draft.mail = notices_ != nullptr && notices_->joins(draft.receiver);
  return checked;
}

Task<Result<Appended>> Messaging::send(NewMessage draft) {
  if (const auto accepted = accept(draft); !accepted) co_return accepted.error();
  const bool goes_with_mail = draft.mail;
  auto appended = co_await messages_.append(std::move(draft));
  if (appended && notices_ != nullptr && !goes_with_mail) notices_->sent(appended->message);
  co_return appended;
}

void Messaging::send_for(NewMessage draft, std::unique_ptr<AppendWaiter> waiter) {
  if (auto accepted = accept(draft); !accepted)
    return waiter->on_appended(std::move(accepted).error());
  if (notices_ != nullptr && !draft.mail)
    waiter = std::make_unique<Noticing>(*notices_, std::move(waiter));
  messages_.append_for(std::move(draft), std::move(waiter));
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
  const Keep keep = query.after ? Keep::oldest : Keep::newest;
  auto page = co_await messages_.history(std::move(query));
  if (page) cut_to_weight(*page, keep);
  co_return page;
}

Task<Result<MessagePage>> Messaging::backlog(BacklogQuery query) {
  auto page = co_await messages_.backlog(std::move(query));
  if (page) cut_to_weight(*page, Keep::oldest);
  co_return page;
}

Task<Result<Sync>> Messaging::sync(SyncRequest request) {
  const auto since = request.since ? from_cursor(*request.since) : Result<SyncCursor>{SyncCursor{}};
  if (!since) co_return since.error();
  auto limit = page_size(request.limit, limits_.sync_page, limits_.sync_page_max);
  if (!limit) co_return limit.error();
  SyncCursor told = *since;
  auto page = co_await messages_.changes(request.user, told, *limit);
  while (page) {
    const std::size_t weight = weight_of(*page);
    const std::size_t most = std::max(page->messages.size(), page->receipts.size());
    if (weight <= page_bytes || most <= 1) break;
    limit = fewer(most, weight);
    page = co_await messages_.changes(request.user, told, *limit);
  }
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
  auto page = co_await conversations_.list(viewer, cursor, *size);
  while (page) {
    const std::size_t weight = weight_of(page->summaries), most = page->summaries.size();
    if (weight <= page_bytes || most <= 1) break;
    const std::size_t few = fewer(most, weight);
    page = co_await conversations_.list(viewer, cursor, few);
  }
  co_return page;
}

Task<Result<std::vector<UserId>>> Messaging::peers(UserId user) {
  return conversations_.peers(user);
}

std::optional<MessageId> next_cursor(const HistoryQuery& query, const MessagePage& page) {
  if (!page.has_more || page.messages.empty()) return std::nullopt;
  return query.after ? page.messages.back().id : page.messages.front().id;
}

}  // namespace parley::chat
