#include "cluster/message_json.hpp"

#include "base/json.hpp"
#include "cluster/json_slices.hpp"
#include "socketio/json_scan.hpp"

namespace parley::cluster {
namespace {

using socketio::Payload;
using socketio::scan_json;

/// An object as values; empty for anything else.
json::object to_object(std::string_view text) {
  const json::array parsed = Payload{std::string{"["}.append(text) + "]", {}}.parse();
  return parsed.size() == 1 && parsed[0].is_object() ? parsed[0].get_object() : json::object{};
}

void append_flags(std::string& out, const socketio::Selection& selection) {
  out += selection.is_volatile ? R"(,"flags":{"volatile":true)" : R"(,"flags":{)";
}

}  // namespace

void append_texts(std::string& out, const std::vector<std::string>& texts) {
  char separator = '[';
  for (const std::string& text : texts) {
    out += separator;
    json::append_string(out, text);
    separator = ',';
  }
  out += texts.empty() ? "[]" : "]";
}

void append_options(std::string& out, const socketio::Selection& selection) {
  out += R"({"rooms":)";
  append_texts(out, selection.rooms);
  out += R"(,"except":)";
  append_texts(out, selection.except);
  append_flags(out, selection);
  out += "}}";
}

void append_options(std::string& out, const Message& message) {
  out += R"({"rooms":)";
  append_texts(out, message.selection.rooms);
  out += R"(,"except":)";
  append_texts(out, message.selection.except);
  if (message.timeout) {
    append_flags(out, message.selection);
    out += message.selection.is_volatile ? R"(,"timeout":)" : R"("timeout":)";
    out += std::to_string(message.timeout->count()) + "}";
  }
  out += '}';
}

void append_sockets(std::string& out, const std::vector<socketio::SocketInfo>& sockets) {
  char separator = '[';
  for (const socketio::SocketInfo& socket : sockets) {
    out += separator;
    out += R"({"id":)";
    json::append_string(out, socket.id);
    out += R"(,"handshake":)" + json::serialize(socket.handshake) + R"(,"rooms":)";
    append_texts(out, socket.rooms);
    out += R"(,"data":)" + json::serialize(socket.data) + "}";
    separator = ',';
  }
  out += sockets.empty() ? "[]" : "]";
}

void append_answer(std::string& out, std::string_view key, const Payload& answer) {
  const auto scan = scan_json(answer.json);
  if (!scan || scan->first.empty()) return;
  out.append(",\"").append(key).append("\":").append(scan->first);
}

void read_options(std::string_view options, Message& message) {
  message.selection.rooms = texts_of(member(options, "rooms"));
  message.selection.except = texts_of(member(options, "except"));
  const std::string_view flags = member(options, "flags");
  message.selection.is_volatile = is_true(member(flags, "volatile"));
  message.selection.is_local = true;
  if (const auto timeout = count_of(member(flags, "timeout")))
    message.timeout = std::chrono::milliseconds{*timeout};
}

std::vector<socketio::SocketInfo> read_sockets(std::string_view array) {
  std::vector<socketio::SocketInfo> sockets;
  for (const std::string_view one : elements(array)) {
    auto id = text_of(member(one, "id"));
    if (!id) continue;
    sockets.push_back({std::move(*id), texts_of(member(one, "rooms")),
                       to_object(member(one, "handshake")), to_object(member(one, "data"))});
  }
  return sockets;
}

bool read_event(std::string_view data, std::vector<std::string> attachments, Message& message) {
  const auto scan = scan_json(data, {32, attachments.size()});
  if (!scan || scan->kind != socketio::JsonKind::array) return false;
  auto name = text_of(scan->first);
  if (!name || socketio::is_reserved(*name)) return false;  // a client would hang up on those
  message.name = std::move(*name);
  message.args.json.assign(1, '[').append(scan->rest) += ']';
  message.args.attachments = std::move(attachments);
  return true;
}

bool read_answer(std::string_view value, std::vector<std::string> attachments, Message& message) {
  message.args = {};
  if (value.empty()) return true;
  message.args.json.assign(1, '[').append(value) += ']';
  if (!scan_json(message.args.json, {32, attachments.size()})) return false;
  message.args.attachments = std::move(attachments);
  return true;
}

}  // namespace parley::cluster
