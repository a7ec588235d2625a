#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/errc.hpp"
#include "chat/account.hpp"
#include "chat/change.hpp"
#include "chat/conversation.hpp"
#include "chat/ports/message_store.hpp"
#include "chat/ports/operator_store.hpp"
#include "chat/ports/presence_store.hpp"

/// The contract's objects as JSON text. Everything that leaves the server is written here, from
/// named fields, so that nothing leaves by accident. By hand, because messages are the hot path.
namespace parley::api::wire {

/// Whether the reader of the JSON is the message's sender, who alone sees their `clientId`.
enum class Viewer { sender, other };
inline Viewer viewer(const chat::Message& message, chat::UserId reader) {
  return message.sender == reader ? Viewer::sender : Viewer::other;
}

/// A message as JSON, made once for everybody who is told of it. Keeps its buffer for the next one.
class MessageText {
 public:
  MessageText() = default;
  explicit MessageText(const chat::Message& message) { write(message); }
  void write(const chat::Message& message);
  /// `{"_id":…}` as append_message writes it.
  void append(std::string& out, Viewer viewer) const;
  chat::ConversationId conversation() const { return conversation_; }

 private:
  chat::ConversationId conversation_;
  std::string text_;
  std::size_t shared_ = 0;  ///< Bytes of it that everybody sees; the closing brace is in neither.
};

/// `{"_id":…,"conversationId":…,"sender":…,"receiver":…,"content":…,"seq":…,"status":…,…}`
void append_message(std::string& out, const chat::Message& message, Viewer viewer);
/// `[…]`, for `reader`.
void append_messages(std::string& out, const std::vector<chat::Message>& messages,
                     chat::UserId reader);

/// `_id, username, name?, avatar?`
void append_public_user(std::string& out, const chat::Account& account);
/// The same and `email, lastSeen, createdAt, updatedAt, emailNotifications, emailVerified`.
void append_own_user(std::string& out, const chat::Account& account);

/// `_id, createdAt, lastUsedAt, expiresAt, current`: whether it is the login of `asking`.
void append_session(std::string& out, const chat::Login& login,
                    std::optional<chat::FamilyId> asking);

/// `{"conversationId":…,"deliveredSeq":…,…}`
void append_receipt(std::string& out, const chat::Receipt& receipt);

/// `"lastSeen":` Unix milliseconds or null, and `"online":`.
void append_presence(std::string& out, const chat::Presence& presence);

/// `{"code":…,"message":…,"errors"?:[…]}`, the socket's form of an error.
std::string error_object(const Error& error);
/// The same with a message of the caller's.
std::string error_object(Errc code, std::string_view message);
/// `{"success":false,"message":…,"code":…,"errors"?:[…]}`, REST's.
std::string error_body(const Error& error);

// The arguments of events; that of receive_message is a MessageText.
void append_conversation_updated(std::string& out, const MessageText& last_message, Viewer viewer,
                                 std::uint64_t unread_count);
void append_message_sent(std::string& out, const chat::Message& message);
void append_message_delivered(std::string& out, const chat::MessageDelivered& change);
void append_message_read(std::string& out, const chat::MessagesRead& change);

// The same as event payloads: a JSON array with the one argument.
std::string typing(chat::UserId user);
std::string user_online(chat::UserId user);
std::string user_offline(chat::UserId user, Time last_seen);

}  // namespace parley::api::wire
