#include "api/wire.hpp"

#include <array>
#include <charconv>

#include "base/append.hpp"
#include "base/json.hpp"

namespace parley::api::wire {

namespace {

// Ids, times and status words hold nothing that JSON escapes.
void plain(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += '"';
  out += value;
  out += '"';
}

void id(std::string& out, std::string_view key, const ObjectId& value) {
  out += key;
  out += '"';
  append_hex(out, value);
  out += '"';
}

void time(std::string& out, std::string_view key, Time value) {
  out += key;
  out += '"';
  append_iso8601(out, value);
  out += '"';
}

void escaped(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  json::append_string(out, value);
}

void number(std::string& out, std::string_view key, std::uint64_t value) {
  out += key;
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

/// All but the closing brace.
void append_shared_fields(std::string& out, const chat::Message& message) {
  id(out, "{\"_id\":", message.id.bytes);
  id(out, ",\"conversationId\":", message.conversation_id.bytes);
  id(out, ",\"sender\":", message.sender.bytes);
  id(out, ",\"receiver\":", message.receiver.bytes);
  escaped(out, ",\"content\":", message.content);
  number(out, ",\"seq\":", message.seq);
  plain(out, ",\"status\":", chat::to_string(message.status()));
  time(out, ",\"createdAt\":", message.created_at);
  time(out, ",\"updatedAt\":", message.updated_at());
  if (message.delivered_at) time(out, ",\"deliveredAt\":", *message.delivered_at);
  if (message.read_at) time(out, ",\"readAt\":", *message.read_at);
}

void append_client_id(std::string& out, const chat::Message& message) {
  if (message.client_id) escaped(out, ",\"clientId\":", *message.client_id);
}

void append_error_fields(std::string& out, const Error& error) {
  escaped(out, "\"message\":", public_message(error));
  plain(out, ",\"code\":", info(error.code).code);
  if (error.fields.empty()) return;
  out += ",\"errors\":[";
  for (std::size_t i = 0; i < error.fields.size(); ++i) {
    escaped(out, i == 0 ? "{\"field\":" : ",{\"field\":", error.fields[i].field);
    escaped(out, ",\"message\":", error.fields[i].message);
    out += '}';
  }
  out += ']';
}

void append_user_fields(std::string& out, const chat::Account& account) {
  id(out, "{\"_id\":", account.id.bytes);
  escaped(out, ",\"username\":", account.username);
  if (account.name) escaped(out, ",\"name\":", *account.name);
  if (account.avatar) escaped(out, ",\"avatar\":", *account.avatar);
}

}  // namespace

void MessageText::write(const chat::Message& message) {
  conversation_ = message.conversation_id;
  text_.clear();
  text_.reserve(message.content.size() + 400);
  append_shared_fields(text_, message);
  shared_ = text_.size();
  append_client_id(text_, message);
}

void MessageText::append(std::string& out, Viewer viewer) const {
  out.append(text_, 0, viewer == Viewer::sender ? text_.size() : shared_) += '}';
}

void append_message(std::string& out, const chat::Message& message, Viewer viewer) {
  append_shared_fields(out, message);
  if (viewer == Viewer::sender) append_client_id(out, message);
  out += '}';
}

void append_messages(std::string& out, const std::vector<chat::Message>& messages,
                     chat::UserId reader) {
  out += '[';
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (i != 0) out += ',';
    append_message(out, messages[i], viewer(messages[i], reader));
  }
  out += ']';
}

void append_public_user(std::string& out, const chat::Account& account) {
  append_user_fields(out, account);
  out += '}';
}

void append_own_user(std::string& out, const chat::Account& account) {
  append_user_fields(out, account);
  escaped(out, ",\"email\":", account.email);
  out += ",\"emailNotifications\":";
  out += account.email_notifications ? "true" : "false";
  out += account.email_verified ? ",\"emailVerified\":true" : ",\"emailVerified\":false";
  if (account.last_seen) {
    time(out, ",\"lastSeen\":", *account.last_seen);
  } else {
    out += ",\"lastSeen\":null";
  }
  time(out, ",\"createdAt\":", account.created_at);
  time(out, ",\"updatedAt\":", account.updated_at);
  out += '}';
}

void append_receipt(std::string& out, const chat::Receipt& receipt) {
  id(out, "{\"conversationId\":", receipt.conversation_id.bytes);
  id(out, ",\"userId\":", receipt.user.bytes);
  number(out, ",\"deliveredSeq\":", receipt.delivered_seq);
  number(out, ",\"readSeq\":", receipt.read_seq);
  if (receipt.delivered_at) time(out, ",\"deliveredAt\":", *receipt.delivered_at);
  if (receipt.read_at) time(out, ",\"readAt\":", *receipt.read_at);
  out += '}';
}

void append_presence(std::string& out, const chat::Presence& presence) {
  out += presence.online ? "\"online\":true,\"lastSeen\":" : "\"online\":false,\"lastSeen\":";
  out += presence.last_seen ? std::to_string(to_unix_ms(*presence.last_seen)) : "null";
}

std::string error_object(const Error& error) {
  std::string out = "{";
  append_error_fields(out, error);
  out += '}';
  return out;
}

std::string error_body(const Error& error) {
  std::string out = "{\"success\":false,";
  append_error_fields(out, error);
  out += '}';
  return out;
}

void append_conversation_updated(std::string& out, const MessageText& last_message, Viewer viewer,
                                 std::uint64_t unread_count) {
  id(out, "{\"conversationId\":", last_message.conversation().bytes);
  out += ",\"lastMessage\":";
  last_message.append(out, viewer);
  number(out, ",\"unreadCount\":", unread_count);
  out += '}';
}

void append_message_sent(std::string& out, const chat::Message& message) {
  id(out, "{\"messageId\":", message.id.bytes);
  append_client_id(out, message);
  id(out, ",\"conversationId\":", message.conversation_id.bytes);
  number(out, ",\"seq\":", message.seq);
  time(out, ",\"createdAt\":", message.created_at);
  out += '}';
}

void append_message_delivered(std::string& out, const chat::MessageDelivered& change) {
  id(out, "{\"messageId\":", change.message_id.bytes);
  id(out, ",\"conversationId\":", change.conversation_id.bytes);
  number(out, ",\"seq\":", change.seq);
  id(out, ",\"receiverId\":", change.receiver.bytes);
  time(out, ",\"deliveredAt\":", change.at);
  out += ",\"status\":\"delivered\"}";
}

void append_message_read(std::string& out, const chat::MessagesRead& change) {
  id(out, "{\"messageId\":", change.message_id.bytes);
  id(out, ",\"conversationId\":", change.conversation_id.bytes);
  number(out, ",\"seq\":", change.seq);
  id(out, ",\"readerId\":", change.reader.bytes);
  time(out, ",\"readAt\":", change.at);
  out += ",\"status\":\"read\"}";
}

std::string typing(chat::UserId user) {
  std::string out;
  id(out, "[{\"userId\":", user.bytes);
  out += "}]";
  return out;
}

std::string user_online(chat::UserId user) { return typing(user); }

std::string user_offline(chat::UserId user, Time last_seen) {
  std::string out;
  id(out, "[{\"userId\":", user.bytes);
  out += ",\"lastSeen\":" + std::to_string(to_unix_ms(last_seen)) + "}]";
  return out;
}

}  // namespace parley::api::wire
