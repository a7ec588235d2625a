#include "api/wire.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "base/json.hpp"
#include "base/object_id.hpp"
#include "base/put.hpp"

namespace parley::api::wire {

namespace {

/// A stretch of an object whose length has a bound: put together on the stack, then appended in one
/// go. Ids, times and words hold nothing that JSON escapes; keys are literals with colon and comma.
class Stretch {
 public:
  template <std::size_t size>
  Stretch& text(const char (&literal)[size]) {
    return put({literal, size - 1});
  }
  template <std::size_t size>
  Stretch& id(const char (&key)[size], const ObjectId& value) {
    text(key).text("\"");
    assert(left() >= 2 * value.size());
    at_ = put_hex(at_, value);
    return text("\"");
  }
  template <std::size_t size>
  Stretch& time(const char (&key)[size], Time value) {
    text(key).text("\"");
    assert(left() >= 24);
    at_ = put_iso8601(at_, value);
    return text("\"");
  }
  template <std::size_t size>
  Stretch& word(const char (&key)[size], std::string_view value) {
    return text(key).text("\"").put(value).text("\"");
  }
  template <std::size_t size>
  Stretch& number(const char (&key)[size], std::uint64_t value) {
    text(key);
    at_ = std::to_chars(at_, bytes_.end(), value).ptr;
    return *this;
  }
  void append_to(std::string& out) const {
    out.append(bytes_.data(), static_cast<std::size_t>(at_ - bytes_.data()));
  }

 private:
  Stretch& put(std::string_view bytes) {
    assert(left() >= bytes.size());
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    return *this;
  }
  std::size_t left() const { return static_cast<std::size_t>(bytes_.end() - at_); }

  std::array<char, 320> bytes_;
  char* at_ = bytes_.data();
};

void escaped(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  json::append_string(out, value);
}

/// All but the closing brace.
void append_shared_fields(std::string& out, const chat::Message& message) {
  Stretch()
      .id("{\"_id\":", message.id.bytes)
      .id(",\"conversationId\":", message.conversation_id.bytes)
      .id(",\"sender\":", message.sender.bytes)
      .id(",\"receiver\":", message.receiver.bytes)
      .text(",\"content\":")
      .append_to(out);
  json::append_string(out, message.content);
  Stretch rest;
  rest.number(",\"seq\":", message.seq)
      .word(",\"status\":", chat::to_string(message.status()))
      .time(",\"createdAt\":", message.created_at)
      .time(",\"updatedAt\":", message.updated_at());
  if (message.delivered_at) rest.time(",\"deliveredAt\":", *message.delivered_at);
  if (message.read_at) rest.time(",\"readAt\":", *message.read_at);
  rest.append_to(out);
}

void append_client_id(std::string& out, const chat::Message& message) {
  if (message.client_id) escaped(out, ",\"clientId\":", *message.client_id);
}

void append_error_fields(std::string& out, Errc code, std::string_view message) {
  escaped(out, "\"message\":", message);
  Stretch().word(",\"code\":", info(code).code).append_to(out);
}

void append_error_fields(std::string& out, const Error& error) {
  append_error_fields(out, error.code, public_message(error));
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
  Stretch().id("{\"_id\":", account.id.bytes).append_to(out);
  escaped(out, ",\"username\":", account.username);
  // Empty is what stores keep of one that was taken away.
  if (account.name && !account.name->empty()) escaped(out, ",\"name\":", *account.name);
  if (account.avatar && !account.avatar->empty()) escaped(out, ",\"avatar\":", *account.avatar);
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
  Stretch rest;
  if (account.last_seen) {
    rest.time(",\"lastSeen\":", *account.last_seen);
  } else {
    rest.text(",\"lastSeen\":null");
  }
  rest.time(",\"createdAt\":", account.created_at)
      .time(",\"updatedAt\":", account.updated_at)
      .text("}")
      .append_to(out);
}

void append_session(std::string& out, const chat::Login& login,
                    std::optional<chat::FamilyId> asking) {
  const chat::Family& family = login.family;
  Stretch all;
  all.id("{\"_id\":", family.id.bytes).time(",\"createdAt\":", made_at(family.id.bytes));
  // Its newest refresh token: that is when it last asked for a pair.
  if (const auto newest = object_id_from_hex(family.token_id))
    all.time(",\"lastUsedAt\":", made_at(*newest));
  all.time(",\"expiresAt\":", family.expires_at).append_to(out);
  out += family.id == asking ? ",\"current\":true}" : ",\"current\":false}";
}

void append_receipt(std::string& out, const chat::Receipt& receipt) {
  Stretch all;
  all.id("{\"conversationId\":", receipt.conversation_id.bytes)
      .id(",\"userId\":", receipt.user.bytes)
      .number(",\"deliveredSeq\":", receipt.delivered_seq)
      .number(",\"readSeq\":", receipt.read_seq);
  if (receipt.delivered_at) all.time(",\"deliveredAt\":", *receipt.delivered_at);
  if (receipt.read_at) all.time(",\"readAt\":", *receipt.read_at);
  all.text("}").append_to(out);
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

std::string error_object(Errc code, std::string_view message) {
  std::string out = "{";
  append_error_fields(out, code, message);
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
  Stretch()
      .id("{\"conversationId\":", last_message.conversation().bytes)
      .text(",\"lastMessage\":")
      .append_to(out);
  last_message.append(out, viewer);
  Stretch().number(",\"unreadCount\":", unread_count).text("}").append_to(out);
}

void append_message_sent(std::string& out, const chat::Message& message) {
  Stretch().id("{\"messageId\":", message.id.bytes).append_to(out);
  append_client_id(out, message);
  Stretch()
      .id(",\"conversationId\":", message.conversation_id.bytes)
      .number(",\"seq\":", message.seq)
      .time(",\"createdAt\":", message.created_at)
      .text("}")
      .append_to(out);
}

void append_message_delivered(std::string& out, const chat::MessageDelivered& change) {
  Stretch()
      .id("{\"messageId\":", change.message_id.bytes)
      .id(",\"conversationId\":", change.conversation_id.bytes)
      .number(",\"seq\":", change.seq)
      .id(",\"receiverId\":", change.receiver.bytes)
      .time(",\"deliveredAt\":", change.at)
      .text(",\"status\":\"delivered\"}")
      .append_to(out);
}

void append_message_read(std::string& out, const chat::MessagesRead& change) {
  Stretch()
      .id("{\"messageId\":", change.message_id.bytes)
      .id(",\"conversationId\":", change.conversation_id.bytes)
      .number(",\"seq\":", change.seq)
      .id(",\"readerId\":", change.reader.bytes)
      .time(",\"readAt\":", change.at)
      .text(",\"status\":\"read\"}")
      .append_to(out);
}

std::string typing(chat::UserId user) {
  std::string out;
  Stretch().id("[{\"userId\":", user.bytes).text("}]").append_to(out);
  return out;
}

std::string user_online(chat::UserId user) { return typing(user); }

std::string user_offline(chat::UserId user, Time last_seen) {
  std::string out;
  Stretch().id("[{\"userId\":", user.bytes).append_to(out);
  out += ",\"lastSeen\":" + std::to_string(to_unix_ms(last_seen)) + "}]";
  return out;
}

}  // namespace parley::api::wire
