#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// Goes forward only.
enum class Status { sent, delivered, read };
std::string_view to_string(Status status);

struct Message {
  MessageId id;
  ConversationId conversation_id;
  UserId sender;
  UserId receiver;
  std::string content;  ///< Valid UTF-8.
  Seq seq = 0;
  Version version = 0;  ///< Of the append.
  std::optional<std::string> client_id;
  Time created_at;  ///< Never before that of the preceding message of the conversation.
  std::optional<Time> delivered_at;
  std::optional<Time> read_at;

  Status status() const {
    return read_at ? Status::read : delivered_at ? Status::delivered : Status::sent;
  }
  Time updated_at() const { return read_at ? *read_at : delivered_at ? *delivered_at : created_at; }

  friend bool operator==(const Message&, const Message&) = default;
};

/// What a sender asks for; checked by `Messaging::send` before a store sees it.
struct NewMessage {
  UserId sender;
  UserId receiver;
  std::string content;
  std::optional<std::string> client_id;
  Time now;
  bool mail = false;  ///< The receiver is to hear of it by e-mail: set by Messaging.
};

/// One person's unread messages in one conversation: those of others behind their read watermark.
struct Unread {
  UserId user;
  std::uint64_t count = 0;

  friend bool operator==(const Unread&, const Unread&) = default;
};

}  // namespace parley::chat
