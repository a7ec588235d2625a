#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chat/message.hpp"

namespace parley::chat {

struct Conversation {
  ConversationId id;
  std::vector<UserId> participants;  ///< Two today; sorted.
  Time created_at;

  bool has(UserId user) const;
  friend bool operator==(const Conversation&, const Conversation&) = default;
};

/// A conversation as one of its participants sees it in a list.
struct Summary {
  Conversation conversation;
  std::optional<Message> last_message;
  std::uint64_t unread_count = 0;  ///< The viewer's own.

  friend bool operator==(const Summary&, const Summary&) = default;
};

/// How far one participant has got in one conversation.
struct Receipt {
  ConversationId conversation_id;
  UserId user;                       ///< The one who received or read.
  Seq delivered_seq = 0;             ///< Everything up to here has reached a device; 0 = nothing.
  Seq read_seq = 0;                  ///< Never above delivered_seq.
  std::optional<Time> delivered_at;  ///< When delivered_seq was reached.
  std::optional<Time> read_at;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace parley::chat
