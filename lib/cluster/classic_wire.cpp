#include "cluster/classic_wire.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "cluster/json_slices.hpp"
#include "cluster/message_json.hpp"
#include "socketio/json_scan.hpp"

namespace parley::cluster {
namespace {

/// Source: upstream's redis-adapter, RequestType.
enum Type : std::uint8_t {
  sockets = 0,
  all_rooms = 1,
  remote_join = 2,
  remote_leave = 3,
  remote_disconnect = 4,
  remote_fetch = 5,
  server_side_emit = 6,
  broadcast_asked = 7,
  broadcast_client_count = 8,
  broadcast_ack = 9,
};

Error refuse(const char* what) { return fail(Errc::bad_request, what); }

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

void append_packet(std::string& out, std::string_view data, std::string_view nsp) {
  out.append(R"({"type":2,"data":)").append(data) += R"(,"nsp":)";
  json::append_string(out, nsp);
  out += '}';
}

/// A pattern that means `text` and no other.
std::string escape_pattern(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '^' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// The JSON of a message that may be either; its attachments when it was MessagePack.
Result<Document> read_either(std::string_view bytes, const DocumentLimits& limits) {
  if (!bytes.starts_with('{')) return read_msgpack(bytes, limits);
  if (bytes.size() > limits.max_bytes) return fail(Errc::too_large, "message too large");
  if (!is_utf8(bytes)) return refuse("no UTF-8");
  const auto scan = socketio::scan_json(bytes, {limits.max_depth, 0});
  if (!scan) return scan.error();
  return Document{std::string{bytes}, {}};
}

/// The form of old servers: one socket, one room.
bool read_legacy(std::string_view json, Message& message) {
  auto sid = text_of(member(json, "sid"));
  auto room = text_of(member(json, "room"));
  const bool has_room = room || message.kind == Kind::disconnect;
  // A selection without rooms is everybody: a request that names nobody must not become that.
  if (!sid || !has_room) return false;
  message.selection.rooms = {std::move(*sid)};
  message.selection.is_local = true;
  if (room) message.rooms = {std::move(*room)};
  return true;
}

bool read_target(std::string_view json, Message& message) {
  const std::string_view options = member(json, "opts");
  if (!is_object(options)) return read_legacy(json, message);
  read_options(options, message);
  message.rooms = texts_of(member(json, "rooms"));
  message.request.clear();  // nobody waits for it
  return true;
}

Result<Message> read_request(Document document) {
  const std::string_view json = document.json;
  Message message;
  message.uid = text_of(member(json, "uid")).value_or("");
  message.request = text_of(member(json, "requestId")).value_or("");
  const auto type = count_of(member(json, "type"));
  if (!type) return refuse("request without type");
  bool is_right = true;
  switch (*type) {
    case sockets:
      message.kind = Kind::list_sockets;
      message.rooms = texts_of(member(json, "rooms"));
      break;
    case all_rooms:
      message.kind = Kind::list_rooms;
      break;
    case remote_join:
      message.kind = Kind::join;
      is_right = read_target(json, message);
      break;
    case remote_leave:
      message.kind = Kind::leave;
      is_right = read_target(json, message);
      break;
    case remote_disconnect:
      message.kind = Kind::disconnect;
      message.close_engine = is_true(member(json, "close"));
      is_right = read_target(json, message);
      break;
    case remote_fetch:
      message.kind = Kind::fetch;
      read_options(member(json, "opts"), message);
      break;
    case server_side_emit:
      message.kind = Kind::server_side_emit;
      is_right = read_event(member(json, "data"), std::move(document.attachments), message);
      break;
    case broadcast_asked:
      message.kind = Kind::broadcast;
      read_options(member(json, "opts"), message);
      is_right = !message.request.empty() && read_event(member(member(json, "packet"), "data"),
                                                        std::move(document.attachments), message);
      break;
    default:
      break;
  }
  if (!is_right) return refuse("request without its members");
  return message;
}

Result<Message> read_response(Document document) {
  const std::string_view json = document.json;
  Message message;
  auto request = text_of(member(json, "requestId"));
  if (!request) return refuse("answer without requestId");
  message.request = std::move(*request);
  bool is_right = true;
  const auto type = count_of(member(json, "type"));
  if (!type) {
    if (!is_array(member(json, "sockets"))) return message;
    message.kind = Kind::sockets;
    message.sockets = read_sockets(member(json, "sockets"));
  } else if (*type == server_side_emit) {
    message.kind = Kind::server_answer;
    is_right = read_answer(member(json, "data"), std::move(document.attachments), message);
  } else if (*type == broadcast_client_count) {
    message.kind = Kind::client_count;
    const auto count = count_of(member(json, "clientCount"));
    is_right = count.has_value();
    message.clients = count.value_or(0);
  } else if (*type == broadcast_ack) {
    message.kind = Kind::client_answer;
    is_right = read_answer(member(json, "packet"), std::move(document.attachments), message);
  }
  if (!is_right) return refuse("answer without its members");
  return message;
}

int type_of(Kind kind) {
  switch (kind) {
    case Kind::broadcast:
      return broadcast_asked;
    case Kind::join:
      return remote_join;
    case Kind::leave:
      return remote_leave;
    case Kind::disconnect:
      return remote_disconnect;
    case Kind::fetch:
      return remote_fetch;
    default:
      return server_side_emit;
  }
}

/// Behind the members that every request has.
void append_body(std::string& out, const Message& message, std::string_view nsp) {
  if (message.kind == Kind::server_side_emit) {
    out += R"(,"data":)";
    socketio::append_event(out, message.name, message.args.json);
    return;
  }
  if (message.kind == Kind::broadcast) {
    std::string data;
    socketio::append_event(data, message.name, message.args.json);
    out += R"(,"packet":)";
    append_packet(out, data, nsp);
  }
  out += R"(,"opts":)";
  append_options(out, message);
  if (message.kind == Kind::join || message.kind == Kind::leave) {
    out += R"(,"rooms":)";
    append_texts(out, message.rooms);
  }
  if (message.kind == Kind::disconnect)
    out += message.close_engine ? R"(,"close":true)" : R"(,"close":false)";
}

}  // namespace

ClassicWire::ClassicWire(Address address, DocumentLimits limits)
    : address_(std::move(address)),
      limits_(limits),
      channel_(address_.channel()),
      request_channel_(address_.prefix + "-request#" + address_.nsp + "#"),
      response_channel_(address_.prefix + "-response#" + address_.nsp + "#") {
  std::string uid;
  json::append_string(uid, address_.uid);
  own_broadcast_ = "\x93" + write_msgpack(uid, {});
  own_request_ = R"({"uid":)" + uid;
}

std::vector<Channel> ClassicWire::channels() const {
  return {{redis::Kind::pattern, escape_pattern(channel_) + "*"},
          {redis::Kind::channel, request_channel_},
          {redis::Kind::channel, response_channel_},
          {redis::Kind::channel, response_channel_ + address_.uid + "#"}};
}

std::string_view ClassicWire::room_of(std::string_view channel) const {
  if (!channel.starts_with(channel_) || channel.size() == channel_.size()) return {};
  channel.remove_prefix(channel_.size());
  return channel.substr(0, channel.size() - 1);
}

Result<Message> ClassicWire::decode(std::string_view channel, std::string_view bytes) const {
  const bool is_broadcast = channel.starts_with(channel_);
  auto document = is_broadcast ? read_msgpack(bytes, limits_) : read_either(bytes, limits_);
  if (!document) return std::move(document).error();
  if (is_broadcast) return decode_broadcast(std::move(*document));
  if (channel == request_channel_) return read_request(std::move(*document));
  return read_response(std::move(*document));
}

Result<Message> ClassicWire::decode_broadcast(Document document) const {
  const auto parts = elements(document.json);
  if (parts.size() < 3 || !is_object(parts[1])) return refuse("broadcast without packet");
  Message message;
  message.kind = Kind::broadcast;
  message.uid = text_of(parts[0]).value_or("");
  const std::string_view nsp = member(parts[1], "nsp");
  if ((nsp.empty() ? "/" : text_of(nsp)) != address_.nsp) return refuse("foreign namespace");
  // Options are always there: without them a message for few would go to everybody.
  if (!is_object(parts[2])) return refuse("broadcast without options");
  read_options(parts[2], message);
  message.timeout.reset();
  if (!read_event(member(parts[1], "data"), std::move(document.attachments), message))
    return refuse("broadcast without event");
  return message;
}

redis::Command ClassicWire::broadcast(const socketio::Selection& selection,
                                      const socketio::EncodedEvent& event) const {
  std::string json = "[";
  json::append_string(json, address_.uid);
  json += ',';
  append_packet(json, event.data(), address_.nsp);
  json += ',';
  append_options(json, selection);
  json += ']';
  std::vector<std::string_view> attachments;
  for (const auto& one : event.attachments()) attachments.push_back(one.payload());
  std::string channel = channel_;
  if (selection.rooms.size() == 1) channel.append(selection.rooms[0]) += '#';
  return {"PUBLISH", std::move(channel), write_msgpack(json, attachments)};
}

redis::Command ClassicWire::request(const Message& message) const {
  std::string json = R"({"uid":)";
  json::append_string(json, address_.uid);
  if (!message.request.empty()) {
    json += R"(,"requestId":)";
    json::append_string(json, message.request);
  }
  json += R"(,"type":)" + std::to_string(type_of(message.kind));
  append_body(json, message, address_.nsp);
  json += '}';
  const bool packs = message.kind == Kind::broadcast || !message.args.attachments.empty();
  if (packs) json = write_msgpack(json, views(message.args.attachments));
  return {"PUBLISH", request_channel_, std::move(json)};
}

redis::Command ClassicWire::answer(const Message& message, const Message& to) const {
  std::string json = "{";
  if (message.kind == Kind::server_answer) json += R"("type":6,)";
  if (message.kind == Kind::client_count) json += R"("type":8,)";
  if (message.kind == Kind::client_answer) json += R"("type":9,)";
  json += R"("requestId":)";
  json::append_string(json, to.request);
  switch (message.kind) {
    case Kind::sockets:
      json += R"(,"sockets":)";
      append_sockets(json, message.sockets);
      break;
    case Kind::ids:
      json += to.kind == Kind::list_rooms ? R"(,"rooms":)" : R"(,"sockets":)";
      append_texts(json, message.rooms);
      break;
    case Kind::client_count:
      json += R"(,"clientCount":)" + std::to_string(message.clients);
      break;
    case Kind::server_answer:
      append_answer(json, "data", message.args);
      break;
    case Kind::client_answer:
      append_answer(json, "packet", message.args);
      break;
    default:
      break;
  }
  json += '}';
  const bool packs = message.kind == Kind::client_answer || !message.args.attachments.empty();
  if (packs) json = write_msgpack(json, views(message.args.attachments));
  return {"PUBLISH", response_channel_, std::move(json)};
}

redis::Command ClassicWire::count_servers() const { return {"PUBSUB", "NUMSUB", request_channel_}; }

}  // namespace parley::cluster
