#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/limits.hpp"
#include "chat/ports/conversation_store.hpp"
#include "chat/ports/message_store.hpp"
#include "chat/ports/notices.hpp"
#include "chat/ports/receipt_store.hpp"

namespace parley::chat {

struct SyncRequest {
  UserId user;
  std::optional<std::string> since;  ///< A `Sync::cursor`; absent = from the beginning.
  std::optional<std::size_t> limit;  ///< Messages; Limits::sync_page by default.
};

/// What a user missed: a SyncPage whose cursor is text.
struct Sync {
  std::vector<Message> messages;
  std::vector<Receipt> receipts;
  std::vector<Summary> conversations;
  std::string cursor;  ///< Opaque, URL-safe.
  bool has_more = false;
};

/// Messages, receipts and conversations. Keeps nothing itself: any shard may call it, and results
/// come back there. Pages end early where one answer would weigh too much (`page_bytes`). Its ports
/// outlive it. Besides what is named, every call passes the ports' errors on.
class Messaging {
 public:
  Messaging(MessageStore& messages, ReceiptStore& receipts, ConversationStore& conversations,
            Limits limits);

  /// Who tells people by e-mail; without it nobody does. Before the first call of `send`.
  void set_notices(Notices& notices) { notices_ = &notices; }
  /// The clock of all nodes that share the store, where that is not this machine's. Before any
  /// call.
  void set_clock(std::function<Time()> clock) { clock_ = std::move(clock); }

  /// What times of messages are to be, and are compared with: those of other nodes, too.
  Time now() const { return clock_(); }

  /// Durable when it returns. bad_request with fields (content, clientId, receiverId: oneself);
  /// not_found: no such receiver.
  Task<Result<Appended>> send(NewMessage draft);
  /// The same without a coroutine; bad_request comes within this call.
  void send_for(NewMessage draft, std::unique_ptr<AppendWaiter> waiter);
  /// not_found, forbidden: see ReceiptStore.
  Task<Result<Done>> mark_read(UserId reader, MessageId message_id, Time now);
  Task<Result<Done>> mark_delivered(std::vector<DeliveryMark> marks, Time now);

  /// The limit is cut to Limits::history_page_max. bad_request: limit 0, or both `before` and
  /// `after`. not_found.
  Task<Result<MessagePage>> history(HistoryQuery query);
  Task<Result<MessagePage>> backlog(BacklogQuery query);
  /// bad_request: limit 0, or a cursor that is not ours.
  Task<Result<Sync>> sync(SyncRequest request);

  /// not_found: none such, or the viewer takes no part.
  Task<Result<Conversation>> conversation(ConversationId id, UserId viewer);
  /// bad_request: limit 0, or a cursor that is not ours.
  Task<Result<SummaryPage>> conversations(UserId viewer, std::optional<std::string> cursor,
                                          std::optional<std::size_t> limit);
  /// Everybody who shares a conversation with `user`.
  Task<Result<std::vector<UserId>>> peers(UserId user);

 private:
  /// What `send` refuses; on success the draft is as the store is to have it.
  Result<Done> accept(NewMessage& draft) const;

  MessageStore& messages_;
  ReceiptStore& receipts_;
  ConversationStore& conversations_;
  Limits limits_;
  Notices* notices_ = nullptr;
  std::function<Time()> clock_ = wall_now;
};

/// Where the next page in the query's direction starts; nullopt on the last one.
std::optional<MessageId> next_cursor(const HistoryQuery& query, const MessagePage& page);

}  // namespace parley::chat
