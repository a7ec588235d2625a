#include "chat/fakes/memory_messages.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

namespace parley::chat::fakes {

namespace {

/// Lets what is queued on the caller's executor run first: a write takes a while, here as in a real
/// store.
Task<void> yield() {
  const asio::use_awaitable_t<Executor> token;
  const Executor executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, token);
}

std::uint64_t unread_of(const std::vector<Message>& messages, const Receipt& receipt) {
  return static_cast<std::uint64_t>(
      std::count_if(messages.begin(), messages.end(), [&](const Message& message) {
        return message.seq > receipt.read_seq && message.sender != receipt.user;
      }));
}

/// The last `limit` of [first, last), or the first ones.
MessagePage cut(std::vector<Message>::const_iterator first,
                std::vector<Message>::const_iterator last, std::size_t limit, bool newest) {
  const auto count = static_cast<std::size_t>(last - first);
  const auto taken = static_cast<std::ptrdiff_t>(std::min(count, limit));
  if (newest) first = last - taken;
  return {std::vector<Message>(first, first + taken), count > limit};
}

}  // namespace

Task<Result<Appended>> MemoryMessages::append(NewMessage draft) {
  Result<Appended> appended = fail(Errc::internal);
  {
    const std::lock_guard lock{mutex_};
    appended = append_now(draft);
  }
  co_await yield();
  co_return appended;
}

Result<Appended> MemoryMessages::append_now(const NewMessage& draft) {
  if (!accounts_.exists(draft.receiver)) return fail(Errc::not_found, "Receiver not found");
  if (draft.client_id) {
    const auto known = by_client_id_.find({draft.sender, *draft.client_id});
    if (known != by_client_id_.end()) {
      const auto [conversation, seq] = by_id_.at(known->second);
      return Appended{threads_.at(conversation).messages[seq - 1], true};
    }
  }
  Thread& thread = thread_of(draft);
  Message message;
  message.id = MessageId{ids_.next(draft.now)};
  message.conversation_id = thread.conversation.id;
  message.sender = draft.sender;
  message.receiver = draft.receiver;
  message.content = draft.content;
  message.seq = thread.messages.size() + 1;
  message.version = ++version_;
  message.client_id = draft.client_id;
  message.created_at =
      thread.messages.empty() ? draft.now : std::max(draft.now, thread.messages.back().created_at);
  thread.messages.push_back(message);
  by_id_[message.id] = {message.conversation_id, message.seq};
  if (draft.client_id) by_client_id_[{draft.sender, *draft.client_id}] = message.id;
  events_.push_back({message.version, message.conversation_id, message.seq, std::nullopt});

  MessageAppended change{message, {}};
  for (const auto& [user, receipt] : thread.receipts) {
    change.unread.push_back({user, unread_of(thread.messages, receipt)});
  }
  publish(std::move(change));
  return Appended{std::move(message), false};
}

MemoryMessages::Thread& MemoryMessages::thread_of(const NewMessage& draft) {
  const auto pair = std::minmax(draft.sender, draft.receiver);
  const auto known = by_pair_.find(pair);
  if (known != by_pair_.end()) return threads_.at(known->second);
  const ConversationId id{ids_.next(draft.now)};
  by_pair_.emplace(pair, id);
  Thread& thread = threads_[id];
  thread.conversation = {id, {pair.first, pair.second}, draft.now};
  for (const UserId user : thread.conversation.participants) {
    thread.receipts[user] = Receipt{id, user, 0, 0, std::nullopt, std::nullopt};
  }
  return thread;
}

MemoryMessages::Thread* MemoryMessages::visible(ConversationId id, UserId viewer) {
  const auto found = threads_.find(id);
  return found != threads_.end() && found->second.conversation.has(viewer) ? &found->second
                                                                           : nullptr;
}

Task<Result<MessagePage>> MemoryMessages::history(HistoryQuery query) {
  const std::lock_guard lock{mutex_};
  const Thread* thread = visible(query.conversation_id, query.viewer);
  if (!thread) co_return fail(Errc::not_found, "Conversation not found");
  const std::optional<MessageId> from = query.before ? query.before : query.after;
  Seq seq = thread->messages.size() + 1;
  if (from) {
    const auto known = by_id_.find(*from);
    if (known == by_id_.end() || known->second.first != query.conversation_id) {
      co_return fail(Errc::not_found, "Message not found");
    }
    seq = known->second.second;
  }
  const auto begin = thread->messages.begin();
  const auto at = begin + static_cast<std::ptrdiff_t>(seq);
  if (query.after) co_return cut(at, thread->messages.end(), query.limit, false);
  co_return cut(begin, at - 1, query.limit, true);
}

Task<Result<MessagePage>> MemoryMessages::backlog(BacklogQuery query) {
  const std::lock_guard lock{mutex_};
  MessagePage page;
  for (const Event& event : events_) {
    if (event.seq == 0 || event.version <= query.after || event.version > query.up_to) continue;
    const Message& message = threads_.at(event.conversation_id).messages[event.seq - 1];
    if (message.receiver != query.user || message.delivered_at) continue;
    page.has_more = page.messages.size() == query.limit;
    if (page.has_more) break;
    page.messages.push_back(message);
  }
  co_return page;
}

Task<Result<SyncPage>> MemoryMessages::changes(UserId user, SyncCursor since, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  co_return changes_now(user, since.version, limit);
}

Result<SyncPage> MemoryMessages::changes_now(UserId user, Version since, std::size_t limit) {
  if (since > version_) return fail(Errc::bad_request, "since is in the future");
  SyncPage page;
  page.cursor = version_;
  std::set<std::pair<ConversationId, UserId>> receipts;
  std::set<ConversationId> conversations;
  for (const Event& event : events_) {
    if (event.version <= since || !visible(event.conversation_id, user)) continue;
    const bool is_receipt = event.user && !receipts.contains({event.conversation_id, *event.user});
    const bool is_full = (event.seq != 0 && page.messages.size() == limit) ||
                         (is_receipt && page.receipts.size() == limit);
    if (is_full) {
      page.has_more = true;
      page.cursor = event.version - 1;
      break;
    }
    gather(event, user, page, receipts, conversations);
  }
  return page;
}

void MemoryMessages::gather(const Event& event, UserId user, SyncPage& page,
                            std::set<std::pair<ConversationId, UserId>>& receipts,
                            std::set<ConversationId>& conversations) {
  const Thread& thread = threads_.at(event.conversation_id);
  if (event.seq != 0) page.messages.push_back(thread.messages[event.seq - 1]);
  if (event.user && receipts.emplace(event.conversation_id, *event.user).second) {
    page.receipts.push_back(thread.receipts.at(*event.user));
  }
  if (conversations.insert(event.conversation_id).second) {
    page.conversations.push_back(summary(thread, user));
  }
}

Task<Result<Done>> MemoryMessages::mark_delivered(std::vector<DeliveryMark> marks, Time now) {
  {
    const std::lock_guard lock{mutex_};
    for (const DeliveryMark& mark : marks) deliver(mark, now);
  }
  co_await yield();
  co_return Done{};
}

void MemoryMessages::deliver(const DeliveryMark& mark, Time now) {
  Thread* thread = visible(mark.conversation_id, mark.user);
  if (!thread || mark.seq > thread->messages.size()) return;
  Receipt& receipt = thread->receipts.at(mark.user);
  if (mark.seq <= receipt.delivered_seq) return;
  receipt.delivered_seq = mark.seq;
  receipt.delivered_at = now;
  for (Message& message : thread->messages) {
    const bool reached = message.seq <= mark.seq && message.receiver == mark.user;
    if (reached && !message.delivered_at) message.delivered_at = now;
  }
  events_.push_back({++version_, mark.conversation_id, 0, mark.user});
  publish(MessageDelivered{mark.conversation_id, mark.message_id, mark.seq, mark.sender, mark.user,
                           now, version_});
}

Task<Result<Done>> MemoryMessages::mark_read(UserId reader, MessageId message_id, Time now) {
  Result<Done> marked = Done{};
  {
    const std::lock_guard lock{mutex_};
    marked = mark_read_now(reader, message_id, now);
  }
  co_await yield();
  co_return marked;
}

Result<Done> MemoryMessages::mark_read_now(UserId reader, MessageId message_id, Time now) {
  const auto known = by_id_.find(message_id);
  Thread* thread = known == by_id_.end() ? nullptr : visible(known->second.first, reader);
  if (!thread) return fail(Errc::not_found, "Message not found");
  const Seq seq = known->second.second;
  if (thread->messages[seq - 1].sender == reader) {
    return fail(Errc::forbidden, "Only the receiver can read a message");
  }
  Receipt& receipt = thread->receipts.at(reader);
  if (seq <= receipt.read_seq) return Done{};
  receipt.read_seq = seq;
  receipt.read_at = now;
  if (receipt.delivered_seq < seq) {
    receipt.delivered_seq = seq;
    receipt.delivered_at = now;
  }
  for (Message& message : thread->messages) {
    if (message.seq > seq || message.receiver != reader) continue;
    if (!message.delivered_at) message.delivered_at = now;
    if (!message.read_at) message.read_at = now;
  }
  events_.push_back({++version_, thread->conversation.id, 0, reader});
  publish(MessagesRead{thread->conversation.id, message_id, seq, reader,
                       thread->conversation.participants, unread_of(thread->messages, receipt), now,
                       version_});
  return Done{};
}

Task<Result<Conversation>> MemoryMessages::find(ConversationId id, UserId viewer) {
  const std::lock_guard lock{mutex_};
  const Thread* thread = visible(id, viewer);
  if (!thread) co_return fail(Errc::not_found, "Conversation not found");
  co_return thread->conversation;
}

Task<Result<SummaryPage>> MemoryMessages::list(UserId viewer, std::optional<std::string> cursor,
                                               std::size_t limit) {
  const std::lock_guard lock{mutex_};
  Version below = version_ + 1;
  if (cursor) {
    const char* end = cursor->data() + cursor->size();
    const auto [stop, error] = std::from_chars(cursor->data(), end, below);
    if (error != std::errc{} || stop != end) co_return fail(Errc::bad_request, "Invalid cursor");
  }
  std::map<Version, const Thread*, std::greater<>> newest_first;
  for (const auto& [id, thread] : threads_) {
    const Version last = thread.messages.back().version;
    if (thread.conversation.has(viewer) && last < below) newest_first.emplace(last, &thread);
  }
  SummaryPage page;
  if (!cursor) page.as_of = version_;
  for (const auto& [last, thread] : newest_first) {
    if (page.summaries.size() == limit) {
      page.next_cursor = std::to_string(page.summaries.back().last_message->version);
      break;
    }
    page.summaries.push_back(summary(*thread, viewer));
  }
  co_return page;
}

Task<Result<Summary>> MemoryMessages::between(UserId viewer, UserId other) {
  const std::lock_guard lock{mutex_};
  const auto known = by_pair_.find(std::minmax(viewer, other));
  if (known == by_pair_.end()) co_return fail(Errc::not_found, "Conversation not found");
  co_return summary(threads_.at(known->second), viewer);
}

Task<Result<std::vector<UserId>>> MemoryMessages::peers(UserId user) {
  const std::lock_guard lock{mutex_};
  std::set<UserId> peers;
  for (const auto& [id, thread] : threads_) {
    if (!thread.conversation.has(user)) continue;
    peers.insert(thread.conversation.participants.begin(), thread.conversation.participants.end());
  }
  peers.erase(user);
  co_return std::vector<UserId>(peers.begin(), peers.end());
}

Summary MemoryMessages::summary(const Thread& thread, UserId viewer) const {
  return {thread.conversation, thread.messages.back(),
          unread_of(thread.messages, thread.receipts.at(viewer))};
}

Version MemoryMessages::subscribe(Executor executor, Subscriber subscriber) {
  const std::lock_guard lock{mutex_};
  subscriptions_.push_back({std::move(executor), std::move(subscriber)});
  return version_;
}

void MemoryMessages::publish(Change change) {
  if (subscriptions_.empty()) return;
  auto batch = std::make_shared<ChangeBatch>();
  batch->changes.push_back(std::move(change));
  batch->last_version = version_;
  for (const Subscription& subscription : subscriptions_) {
    asio::post(subscription.executor, [subscriber = subscription.subscriber,
                                       shared = ChangeBatchPtr{batch}] { subscriber(shared); });
  }
}

void MemoryMessages::remove_texts(UserId sender) {
  const std::lock_guard lock{mutex_};
  for (auto& [id, thread] : threads_) {
    for (Message& message : thread.messages) {
      if (message.sender != sender) continue;
      message.content = removed_text;
      message.client_id.reset();
    }
  }
  std::erase_if(by_client_id_, [sender](const auto& one) { return one.first.first == sender; });
}

Result<MessagePlace> MemoryMessages::place_of(MessageId id) {
  const std::lock_guard lock{mutex_};
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return fail(Errc::not_found, "Message not found");
  const auto& [conversation, seq] = found->second;
  const Thread& thread = threads_.at(conversation);
  MessagePlace place{thread.messages.at(seq - 1), {}};
  for (const UserId user : thread.conversation.participants)
    place.receipts.push_back(thread.receipts.at(user));
  return place;
}

}  // namespace parley::chat::fakes
