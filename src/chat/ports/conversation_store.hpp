#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/conversation.hpp"
#include "chat/sync_cursor.hpp"

namespace parley::chat {

struct SummaryPage {
  std::vector<Summary> summaries;          ///< Newest last message first.
  std::optional<std::string> next_cursor;  ///< Opaque, URL-safe; absent on the last page.
  /// Of the first page: what this list may not show yet is behind it, for MessageStore::changes.
  std::optional<SyncCursor> as_of;
};

class ConversationStore {
 public:
  virtual ~ConversationStore() = default;

  /// not_found: none such, or `viewer` takes no part.
  virtual Task<Result<Conversation>> find(ConversationId id, UserId viewer) = 0;
  /// bad_request when the cursor is not one of ours.
  virtual Task<Result<SummaryPage>> list(UserId viewer, std::optional<std::string> cursor,
                                         std::size_t limit) = 0;
  /// The conversation of these two, as `viewer` sees it. not_found.
  virtual Task<Result<Summary>> between(UserId viewer, UserId other) = 0;
  /// Everybody who shares a conversation with `user`, each once.
  virtual Task<Result<std::vector<UserId>>> peers(UserId user) = 0;
};

}  // namespace parley::chat
