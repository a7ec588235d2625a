#include "api/wire.hpp"

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

void time(std::string& out, std::string_view key, Time value) {
  plain(out, key, to_iso8601(value));
}

void escaped(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  json::append_string(out, value);
}

void number(std::string& out, std::string_view key, std::uint64_t value) {
  out += key;
  out += std::to_string(value);
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
  plain(out, "{\"_id\":", account.id.hex());
  escaped(out, ",\"username\":", account.username);
  if (account.name) escaped(out, ",\"name\":", *account.name);
  if (account.avatar) escaped(out, ",\"avatar\":", *account.avatar);
}

}  // namespace

void append_message(std::string& out, const chat::Message& message, Viewer viewer) {
  plain(out, "{\"_id\":", message.id.hex());
  plain(out, ",\"conversationId\":", message.conversation_id.hex());
  plain(out, ",\"sender\":", message.sender.hex());
  plain(out, ",\"receiver\":", message.receiver.hex());
  escaped(out, ",\"content\":", message.content);
  number(out, ",\"seq\":", message.seq);
  plain(out, ",\"status\":", chat::to_string(message.status()));
  const std::string created = to_iso8601(message.created_at);
  plain(out, ",\"createdAt\":", created);
  if (message.updated_at() == message.created_at) {
    plain(out, ",\"updatedAt\":", created);
  } else {
    time(out, ",\"updatedAt\":", message.updated_at());
  }
  if (message.delivered_at) time(out, ",\"deliveredAt\":", *message.delivered_at);
  if (message.read_at) time(out, ",\"readAt\":", *message.read_at);
  if (message.client_id && viewer == Viewer::sender)
    escaped(out, ",\"clientId\":", *message.client_id);
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
  plain(out, "{\"conversationId\":", receipt.conversation_id.hex());
  plain(out, ",\"userId\":", receipt.user.hex());
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

std::string receive_message(const chat::Message& message, Viewer viewer) {
  std::string out;
  out.reserve(message.content.size() + 400);
  out += '[';
  append_message(out, message, viewer);
  out += ']';
  return out;
}

std::string conversation_updated(const chat::Message& message, Viewer viewer,
                                 std::uint64_t unread_count) {
  std::string out;
  out.reserve(message.content.size() + 500);
  plain(out, "[{\"conversationId\":", message.conversation_id.hex());
  out += ",\"lastMessage\":";
  append_message(out, message, viewer);
  number(out, ",\"unreadCount\":", unread_count);
  out += "}]";
  return out;
}

std::string message_sent(const chat::Message& message) {
  std::string out;
  plain(out, "[{\"messageId\":", message.id.hex());
  if (message.client_id) escaped(out, ",\"clientId\":", *message.client_id);
  plain(out, ",\"conversationId\":", message.conversation_id.hex());
  number(out, ",\"seq\":", message.seq);
  time(out, ",\"createdAt\":", message.created_at);
  out += "}]";
  return out;
}

std::string message_delivered(const chat::MessageDelivered& change) {
  std::string out;
  plain(out, "[{\"messageId\":", change.message_id.hex());
  plain(out, ",\"conversationId\":", change.conversation_id.hex());
  number(out, ",\"seq\":", change.seq);
  plain(out, ",\"receiverId\":", change.receiver.hex());
  time(out, ",\"deliveredAt\":", change.at);
  out += ",\"status\":\"delivered\"}]";
  return out;
}

std::string message_read(const chat::MessagesRead& change) {
  std::string out;
  plain(out, "[{\"messageId\":", change.message_id.hex());
  plain(out, ",\"conversationId\":", change.conversation_id.hex());
  number(out, ",\"seq\":", change.seq);
  plain(out, ",\"readerId\":", change.reader.hex());
  time(out, ",\"readAt\":", change.at);
  out += ",\"status\":\"read\"}]";
  return out;
}

std::string typing(chat::UserId user) {
  std::string out;
  plain(out, "[{\"userId\":", user.hex());
  out += "}]";
  return out;
}

std::string user_online(chat::UserId user) { return typing(user); }

std::string user_offline(chat::UserId user, Time last_seen) {
  std::string out;
  plain(out, "[{\"userId\":", user.hex());
  out += ",\"lastSeen\":" + std::to_string(to_unix_ms(last_seen)) + "}]";
  return out;
}

}  // namespace parley::api::wire
