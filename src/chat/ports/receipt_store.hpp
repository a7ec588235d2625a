#pragma once

#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/conversation.hpp"

namespace parley::chat {

/// A message that has reached a device of `user`, and so have all earlier ones of its conversation.
struct DeliveryMark {
  UserId user;
  ConversationId conversation_id;
  MessageId message_id;
  UserId sender;
  Seq seq = 0;
};

/// Watermarks: they only move forward. Every move is durable before it is published on the Feed,
/// and published before the caller resumes. Messages keep the times at which a watermark first
/// passed them.
class ReceiptStore {
 public:
  virtual ~ReceiptStore() = default;

  /// Marks below a watermark change nothing and publish nothing; the others publish one
  /// MessageDelivered each.
  virtual Task<Result<Done>> mark_delivered(std::vector<DeliveryMark> marks, Time now) = 0;

  /// The reader has read `message_id` and everything before it, which has therefore been delivered,
  /// too. not_found: no such message, or the reader takes no part in its conversation; forbidden:
  /// the reader sent it. Read already: success, nothing published.
  virtual Task<Result<Done>> mark_read(UserId reader, MessageId message_id, Time now) = 0;
};

}  // namespace parley::chat
