#include "chat/message.hpp"

#include <algorithm>

#include "chat/conversation.hpp"

namespace parley::chat {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::sent:
      return "sent";
    case Status::delivered:
      return "delivered";
    case Status::read:
      return "read";
  }
  return "sent";
}

bool Conversation::has(UserId user) const {
  return std::find(participants.begin(), participants.end(), user) != participants.end();
}

}  // namespace parley::chat
