#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/change.hpp"
#include "chat/conversation.hpp"
#include "chat/message.hpp"
#include "chat/sync_cursor.hpp"

namespace parley::chat {

struct Appended {
  Message message;
  bool duplicate = false;  ///< The same (sender, client_id) was there: `message` is the first one.
};

/// A page of one conversation; at most one of `before` and `after` is set.
struct HistoryQuery {
  ConversationId conversation_id;
  UserId viewer;
  std::optional<MessageId> before;  ///< Older than this one.
  std::optional<MessageId> after;   ///< Newer than this one.
  std::size_t limit = 20;
};

struct MessagePage {
  std::vector<Message> messages;  ///< Oldest first.
  bool has_more = false;          ///< In the direction of the query (older, unless `after`).
};

/// Messages for `user` that have reached no device of theirs, of versions in (after, up_to].
struct BacklogQuery {
  UserId user;
  Version after = 0;
  Version up_to = 0;
  std::size_t limit = 100;
};

/// What changed for a user behind `since`, up to `cursor`.
struct SyncPage {
  std::vector<Message> messages;       ///< By version; with their present status.
  std::vector<Receipt> receipts;       ///< Others' and the user's own, where a watermark moved.
  std::vector<Summary> conversations;  ///< Those of messages and receipts, as they are now.
  SyncCursor cursor;                   ///< Ask with this next.
  bool has_more = false;
};

/// Who waits for an append without a coroutine, which costs less. The store keeps it until then.
class AppendWaiter {
 public:
  virtual ~AppendWaiter() = default;
  /// Where it is to be told.
  virtual Executor executor() const = 0;
  /// Once. Does not throw.
  virtual void on_appended(Result<Appended> appended) = 0;
};

class MessageStore {
 public:
  virtual ~MessageStore() = default;

  /// Assigns id, seq, version and created_at (draft.now, or the preceding message's time if that is
  /// later), makes the conversation if it is the pair's first message, and returns when all of it
  /// is durable. Drafts of one caller's thread get versions in the order of these calls. not_found:
  /// no such receiver. The change is published on the Feed before the caller resumes.
  virtual Task<Result<Appended>> append(NewMessage draft) = 0;
  /// The same; called on the waiter's executor. It may be told within this call.
  virtual void append_for(NewMessage draft, std::unique_ptr<AppendWaiter> waiter);

  /// not_found: no such conversation, viewer not in it, or the `before`/`after` message is not of
  /// it.
  virtual Task<Result<MessagePage>> history(HistoryQuery query) = 0;

  /// By version; `has_more` when the limit cut it.
  virtual Task<Result<MessagePage>> backlog(BacklogQuery query) = 0;

  /// At most `limit` messages and as many receipts a page. bad_request: `since` is in the future.
  virtual Task<Result<SyncPage>> changes(UserId user, SyncCursor since, std::size_t limit) = 0;
};

}  // namespace parley::chat
