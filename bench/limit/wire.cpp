#include "wire.hpp"

#include <array>

#include "base/base64.hpp"
#include "websocket/frame.hpp"

namespace parley::limit {

namespace {
void member(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append(value) += '"';
}
}  // namespace

void FrameWriter::text(std::string_view payload) {
  websocket::append_head(out, websocket::Opcode::text, payload.size());
  out.append(payload);
}

void FrameWriter::end(std::string_view last) {
  scratch.append(last);
  text(scratch);
}

void FrameWriter::object(const Message& message, bool with_client_id) {
  member(scratch, "{\"_id\":\"", to_hex(message.id));
  member(scratch, ",\"conversationId\":\"", message.conversation);
  member(scratch, ",\"sender\":\"", message.sender);
  member(scratch, ",\"receiver\":\"", message.receiver);
  member(scratch, ",\"content\":\"", message.content);
  scratch.append(",\"seq\":").append(std::to_string(message.seq));
  scratch += ",\"status\":\"sent\"";
  member(scratch, ",\"createdAt\":\"", message.created_at);
  member(scratch, ",\"updatedAt\":\"", message.created_at);
  if (with_client_id && !message.client_id.empty())
    member(scratch, ",\"clientId\":\"", message.client_id);
  scratch += '}';
}

void FrameWriter::receive_message(const Message& message, bool with_client_id) {
  begin("42[\"receive_message\",");
  object(message, with_client_id);
  end("]");
}

void FrameWriter::conversation_updated(const Message& message, bool with_client_id,
                                       std::uint64_t unread) {
  begin("42[\"conversation_updated\",");
  member(scratch, "{\"conversationId\":\"", message.conversation);
  scratch += ",\"lastMessage\":";
  object(message, with_client_id);
  scratch.append(",\"unreadCount\":").append(std::to_string(unread));
  end("}]");
}

void FrameWriter::message_sent(const Message& message) {
  begin("42[\"message_sent\",");
  member(scratch, "{\"messageId\":\"", to_hex(message.id));
  if (!message.client_id.empty()) member(scratch, ",\"clientId\":\"", message.client_id);
  member(scratch, ",\"conversationId\":\"", message.conversation);
  scratch.append(",\"seq\":").append(std::to_string(message.seq));
  member(scratch, ",\"createdAt\":\"", message.created_at);
  end("}]");
}

void FrameWriter::acknowledgement(std::string_view ack, const Message& message) {
  begin("43");
  scratch.append(ack).append("[{\"ok\":true,\"message\":");
  object(message, true);
  end("}]");
}

void FrameWriter::message_delivered(const Message& message) {
  begin("42[\"message_delivered\",");
  member(scratch, "{\"messageId\":\"", to_hex(message.id));
  member(scratch, ",\"conversationId\":\"", message.conversation);
  scratch.append(",\"seq\":").append(std::to_string(message.seq));
  member(scratch, ",\"receiverId\":\"", message.receiver);
  member(scratch, ",\"deliveredAt\":\"", message.created_at);
  end(",\"status\":\"delivered\"}]");
}

std::string_view string_in(std::string_view json, std::string_view key) {
  const std::size_t found = json.find(key);
  if (found == std::string_view::npos) return {};
  const std::size_t begin = json.find('"', found + key.size());
  if (begin == std::string_view::npos) return {};
  std::size_t end = begin + 1;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
  return end < json.size() ? json.substr(begin + 1, end - begin - 1) : std::string_view{};
}

std::string user_of(std::string_view token) {
  const std::size_t dot = token.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view rest = token.substr(dot + 1);
  const auto claims = from_base64url(rest.substr(0, rest.find('.')));
  return claims ? std::string{string_in(*claims, "\"userId\":")} : std::string{};
}

}  // namespace parley::limit
