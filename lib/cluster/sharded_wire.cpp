#include "cluster/sharded_wire.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "cluster/json_slices.hpp"
#include "cluster/message_json.hpp"
#include "socketio/json_scan.hpp"

namespace parley::cluster {
namespace {

/// Source: upstream's socket.io-adapter, MessageType.
enum Type : std::uint8_t {
  broadcast_type = 3,
  sockets_join = 4,
  sockets_leave = 5,
  disconnect_sockets = 6,
  fetch_sockets = 7,
  fetch_sockets_response = 8,
  server_side_emit = 9,
  server_side_emit_response = 10,
  broadcast_client_count = 11,
  broadcast_ack = 12,
};

Error refuse(const char* what) { return fail(Errc::bad_request, what); }

int type_of(Kind kind) {
  switch (kind) {
    case Kind::broadcast:
      return broadcast_type;
    case Kind::join:
      return sockets_join;
    case Kind::leave:
      return sockets_leave;
    case Kind::disconnect:
      return disconnect_sockets;
    case Kind::fetch:
      return fetch_sockets;
    case Kind::sockets:
      return fetch_sockets_response;
    case Kind::server_side_emit:
      return server_side_emit;
    case Kind::server_answer:
      return server_side_emit_response;
    case Kind::client_count:
      return broadcast_client_count;
    default:
      return broadcast_ack;
  }
}

/// Upstream sends to these rooms by the main channel, because they look like a socket's id. Its
/// length counts UTF-16 units.
bool looks_like_socket_id(std::string_view room) {
  std::size_t units = 0;
  for (const char c : room) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units == 20;
}

std::string pack_if_binary(std::string json, const std::vector<std::string_view>& attachments) {
  return attachments.empty() ? std::move(json) : write_msgpack(json, attachments);
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

/// The Kinds that a type is; `other` for what we do not hear (heartbeats among them).
Kind kind_of(std::uint64_t type) {
  switch (type) {
    case broadcast_type:
      return Kind::broadcast;
    case sockets_join:
      return Kind::join;
    case sockets_leave:
      return Kind::leave;
    case disconnect_sockets:
      return Kind::disconnect;
    case fetch_sockets:
      return Kind::fetch;
    case fetch_sockets_response:
      return Kind::sockets;
    case server_side_emit:
      return Kind::server_side_emit;
    case server_side_emit_response:
      return Kind::server_answer;
    case broadcast_client_count:
      return Kind::client_count;
    case broadcast_ack:
      return Kind::client_answer;
    default:
      return Kind::other;
  }
}

/// The members of `data`, by the message's kind.
bool read_data(std::string_view data, std::vector<std::string> attachments, Message& message) {
  const std::string_view options = member(data, "opts");
  const std::string_view packet = member(data, "packet");
  switch (message.kind) {
    case Kind::broadcast:
      // Options are always there: without them a message for few would go to everybody.
      if (!is_object(options)) return false;
      read_options(options, message);
      return read_event(member(packet, "data"), std::move(attachments), message);
    case Kind::join:
    case Kind::leave:
      message.rooms = texts_of(member(data, "rooms"));
      message.request.clear();  // nobody waits for it
      read_options(options, message);
      return is_object(options);
    case Kind::disconnect:
      message.close_engine = is_true(member(data, "close"));
      message.request.clear();
      read_options(options, message);
      return is_object(options);
    case Kind::fetch:
      read_options(options, message);
      return true;
    case Kind::sockets:
      message.sockets = read_sockets(member(data, "sockets"));
      return true;
    case Kind::server_side_emit:
      return read_event(packet, std::move(attachments), message);
    case Kind::client_count: {
      const auto count = count_of(member(data, "clientCount"));
      message.clients = count.value_or(0);
      return count.has_value();
    }
    case Kind::server_answer:
    case Kind::client_answer:
      return read_answer(packet, std::move(attachments), message);
    default:
      return true;
  }
}

void append_event_packet(std::string& out, std::string_view event) {
  out.append(R"({"packet":{"type":2,"data":)").append(event) += '}';
}

void append_request(std::string& out, std::string_view request) {
  if (request.empty()) return;
  out += R"(,"requestId":)";
  json::append_string(out, request);
}

std::string request_data(const Message& message) {
  std::string data;
  if (message.kind == Kind::broadcast) {
    std::string event;
    socketio::append_event(event, message.name, message.args.json);
    append_event_packet(data, event);
    data += R"(,"opts":)";
    append_options(data, message);
  } else if (message.kind == Kind::server_side_emit) {
    data += R"({"packet":)";
    socketio::append_event(data, message.name, message.args.json);
  } else {
    data += R"({"opts":)";
    append_options(data, message.selection);
  }
  if (message.kind == Kind::join || message.kind == Kind::leave) {
    data += R"(,"rooms":)";
    append_texts(data, message.rooms);
  }
  if (message.kind == Kind::disconnect)
    data += message.close_engine ? R"(,"close":true)" : R"(,"close":false)";
  append_request(data, message.request);
  data += '}';
  return data;
}

}  // namespace

ShardedWire::ShardedWire(Address address, DocumentLimits limits)
    : address_(std::move(address)), limits_(limits), channel_(address_.channel()) {
  own_end_ = R"(,"uid":)";
  json::append_string(own_end_, address_.uid);
  own_end_ += R"(,"nsp":)";
  json::append_string(own_end_, address_.nsp);
  own_end_ += '}';
}

std::vector<Channel> ShardedWire::channels() const {
  return {{redis::Kind::shard_channel, channel_},
          {redis::Kind::shard_channel, channel_ + address_.uid + "#"}};
}

std::optional<Channel> ShardedWire::room_channel(std::string_view room) const {
  return Channel{redis::Kind::shard_channel, std::string{channel_}.append(room) + "#"};
}

Result<Message> ShardedWire::decode(std::string_view, std::string_view bytes) const {
  Document packed;
  std::string_view json = bytes;
  if (bytes.size() > limits_.max_bytes) return fail(Errc::too_large, "message too large");
  if (bytes.starts_with('{')) {
    if (!is_utf8(bytes)) return refuse("no UTF-8");
    const auto scan = socketio::scan_json(bytes, {limits_.max_depth, 0});
    if (!scan) return scan.error();
  } else {
    auto document = read_msgpack(bytes, limits_);
    if (!document) return std::move(document).error();
    packed = std::move(*document);
    json = packed.json;
  }
  Message message;
  message.uid = text_of(member(json, "uid")).value_or("");
  if (message.uid == address_.uid) return message;
  if (text_of(member(json, "nsp")) != address_.nsp) return refuse("foreign namespace");
  const auto type = count_of(member(json, "type"));
  if (!type) return refuse("message without type");
  message.kind = kind_of(*type);
  const std::string_view data = member(json, "data");
  message.request = text_of(member(data, "requestId")).value_or("");
  if (!read_data(data, std::move(packed.attachments), message))
    return refuse("message without its members");
  return message;
}

std::string ShardedWire::enclose(int type, std::string_view data) const {
  std::string json = R"({"type":)";
  json.append(std::to_string(type)).append(R"(,"data":)").append(data).append(own_end_);
  return json;
}

redis::Command ShardedWire::broadcast(const socketio::Selection& selection,
                                      const socketio::EncodedEvent& event) const {
  std::string data;
  append_event_packet(data, event.data());
  data += R"(,"opts":)";
  append_options(data, selection);
  data += '}';
  std::vector<std::string_view> attachments;
  for (const auto& one : event.attachments()) attachments.push_back(one.payload());
  std::string channel = channel_;
  if (selection.rooms.size() == 1 && !looks_like_socket_id(selection.rooms[0]))
    channel.append(selection.rooms[0]) += '#';
  return {"SPUBLISH", std::move(channel),
          pack_if_binary(enclose(broadcast_type, data), attachments)};
}

redis::Command ShardedWire::request(const Message& message) const {
  std::string json = enclose(type_of(message.kind), request_data(message));
  return {"SPUBLISH", channel_, pack_if_binary(std::move(json), views(message.args.attachments))};
}

redis::Command ShardedWire::answer(const Message& message, const Message& to) const {
  std::string data = R"({"requestId":)";
  json::append_string(data, to.request);
  if (message.kind == Kind::sockets) {
    data += R"(,"sockets":)";
    append_sockets(data, message.sockets);
  } else if (message.kind == Kind::client_count) {
    data += R"(,"clientCount":)" + std::to_string(message.clients);
  } else {
    append_answer(data, "packet", message.args);
  }
  data += '}';
  return {"SPUBLISH", channel_ + to.uid + "#",
          pack_if_binary(enclose(type_of(message.kind), data), views(message.args.attachments))};
}

redis::Command ShardedWire::count_servers() const { return {"PUBSUB", "SHARDNUMSUB", channel_}; }

}  // namespace parley::cluster
