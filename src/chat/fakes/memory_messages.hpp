#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/object_id.hpp"
#include "chat/fakes/memory_accounts.hpp"
#include "chat/ports/conversation_store.hpp"
#include "chat/ports/feed.hpp"
#include "chat/ports/message_store.hpp"
#include "chat/ports/operator_store.hpp"
#include "chat/ports/receipt_store.hpp"

namespace parley::chat::fakes {

/// Messages, receipts, conversations and their feed in memory, for tests. Any thread.
class MemoryMessages final : public MessageStore,
                             public ReceiptStore,
                             public ConversationStore,
                             public Feed {
 public:
  explicit MemoryMessages(const MemoryAccounts& accounts) : accounts_(accounts) {}

  Task<Result<Appended>> append(NewMessage draft) override;
  Task<Result<MessagePage>> history(HistoryQuery query) override;
  Task<Result<MessagePage>> backlog(BacklogQuery query) override;
  Task<Result<SyncPage>> changes(UserId user, SyncCursor since, std::size_t limit) override;

  Task<Result<Done>> mark_delivered(std::vector<DeliveryMark> marks, Time now) override;
  Task<Result<Done>> mark_read(UserId reader, MessageId message_id, Time now) override;

  Task<Result<Conversation>> find(ConversationId id, UserId viewer) override;
  Task<Result<SummaryPage>> list(UserId viewer, std::optional<std::string> cursor,
                                 std::size_t limit) override;
  Task<Result<Summary>> between(UserId viewer, UserId other) override;
  Task<Result<std::vector<UserId>>> peers(UserId user) override;

  Version subscribe(Executor executor, Subscriber subscriber) override;

  // For MemoryOperators:

  void remove_texts(UserId sender);
  Result<MessagePlace> place_of(MessageId id);

 private:
  struct Thread {
    Conversation conversation;
    std::vector<Message> messages;  ///< messages[seq - 1].
    std::map<UserId, Receipt> receipts;
  };
  /// One line of what happened: a message, or a move of `user`'s watermarks.
  struct Event {
    Version version;
    ConversationId conversation_id;
    Seq seq;                     ///< 0: not a message.
    std::optional<UserId> user;  ///< Absent: not a receipt.
  };
  struct Subscription {
    Executor executor;
    Subscriber subscriber;
  };

  // All of these expect the mutex to be held.
  Result<Appended> append_now(const NewMessage& draft);
  Thread& thread_of(const NewMessage& draft);
  Thread* visible(ConversationId id, UserId viewer);
  Result<Done> mark_read_now(UserId reader, MessageId message_id, Time now);
  void deliver(const DeliveryMark& mark, Time now);
  Result<SyncPage> changes_now(UserId user, Version since, std::size_t limit);
  void gather(const Event& event, UserId user, SyncPage& page,
              std::set<std::pair<ConversationId, UserId>>& receipts,
              std::set<ConversationId>& conversations);
  Summary summary(const Thread& thread, UserId viewer) const;
  void publish(Change change);

  const MemoryAccounts& accounts_;
  mutable std::mutex mutex_;
  ObjectIdSource ids_;
  Version version_ = 0;
  std::map<ConversationId, Thread> threads_;
  std::map<std::pair<UserId, UserId>, ConversationId> by_pair_;
  std::map<MessageId, std::pair<ConversationId, Seq>> by_id_;
  std::map<std::pair<UserId, std::string>, MessageId> by_client_id_;
  std::vector<Event> events_;
  std::vector<Subscription> subscriptions_;
};

}  // namespace parley::chat::fakes
