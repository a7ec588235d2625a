#include "app/user_json.hpp"

#include "base/object_id.hpp"

namespace parley::app {

namespace {

void set(json::object& object, std::string_view name, const std::optional<Time>& time) {
  if (time) object[name] = to_iso8601(*time);
}

void set(json::object& object, std::string_view name, const std::optional<std::string>& text) {
  if (text) object[name] = *text;
}

}  // namespace

json::object user_json(const chat::Account& account) {
  json::object user{{"_id", account.id.hex()},
                    {"username", account.username},
                    {"email", account.email},
                    {"administrator", account.administrator},
                    {"emailVerified", account.email_verified},
                    {"emailNotifications", account.email_notifications},
                    {"disabled", account.disabled},
                    {"deleted", account.deleted}};
  set(user, "name", account.name);
  set(user, "avatar", account.avatar);
  set(user, "lastSeen", account.last_seen);
  user["createdAt"] = to_iso8601(account.created_at);
  user["updatedAt"] = to_iso8601(account.updated_at);
  return user;
}

json::object login_json(const chat::Login& login) {
  return {{"_id", login.family.id.hex()},
          {"createdAt", to_iso8601(made_at(login.family.id.bytes))},
          {"expiresAt", to_iso8601(login.family.expires_at)},
          {"revoked", login.revoked}};
}

json::object conversation_json(const chat::Conversation& conversation) {
  json::array participants;
  for (const chat::UserId& user : conversation.participants)
    participants.push_back(json::value(user.hex()));
  return {{"_id", conversation.id.hex()},
          {"participants", std::move(participants)},
          {"createdAt", to_iso8601(conversation.created_at)}};
}

json::object message_json(const chat::Message& message) {
  json::object shown{{"_id", message.id.hex()},
                     {"conversationId", message.conversation_id.hex()},
                     {"sender", message.sender.hex()},
                     {"receiver", message.receiver.hex()},
                     {"content", message.content},
                     {"seq", message.seq},
                     {"status", chat::to_string(message.status())},
                     {"createdAt", to_iso8601(message.created_at)}};
  set(shown, "deliveredAt", message.delivered_at);
  set(shown, "readAt", message.read_at);
  return shown;
}

json::object receipt_json(const chat::Receipt& receipt) {
  json::object shown{{"user", receipt.user.hex()},
                     {"deliveredSeq", receipt.delivered_seq},
                     {"readSeq", receipt.read_seq}};
  set(shown, "deliveredAt", receipt.delivered_at);
  set(shown, "readAt", receipt.read_at);
  return shown;
}

}  // namespace parley::app
