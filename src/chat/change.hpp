#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "chat/conversation.hpp"
#include "chat/message.hpp"

namespace parley::chat {

/// A message became durable.
struct MessageAppended {
  Message message;
  std::vector<Unread> unread;  ///< One entry a participant, after this message.
};

/// A message reached the first device of its receiver.
struct MessageDelivered {
  ConversationId conversation_id;
  MessageId message_id;
  Seq seq = 0;
  UserId sender;
  UserId receiver;
  Time at;
  Version version = 0;
};

/// Somebody read up to a message.
struct MessagesRead {
  ConversationId conversation_id;
  MessageId message_id;  ///< The newest one read; all earlier ones of others are read as well.
  Seq seq = 0;
  UserId reader;
  std::vector<UserId> participants;
  std::uint64_t unread_count = 0;  ///< Left for the reader.
  Time at;
  Version version = 0;
};

using Change = std::variant<MessageAppended, MessageDelivered, MessagesRead>;

/// Changes of one commit, in version order.
struct ChangeBatch {
  std::vector<Change> changes;
  Version last_version = 0;
};
using ChangeBatchPtr = std::shared_ptr<const ChangeBatch>;

}  // namespace parley::chat
