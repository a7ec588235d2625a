#include "chat/watermarks.hpp"

namespace parley::chat {

Receipt Watermarks::receipt(ConversationId conversation, UserId user) const {
  Receipt receipt{conversation, user, delivered.seq, read.seq, {}, {}};
  if (delivered.seq > 0) receipt.delivered_at = delivered.at;
  if (read.seq > 0) receipt.read_at = read.at;
  return receipt;
}

}  // namespace parley::chat
