// Messages of other servers of a cluster. An input's first byte says where it comes from: b, r or a
// (the classic protocol's broadcasts, requests, answers) or s (sharded); the rest is the message.
// What decodes must be fit for clients, and be the same when it is sent on.
#include <cstdint>
#include <cstdlib>

#include "base/utf8.hpp"
#include "cluster/classic_wire.hpp"
#include "cluster/sharded_wire.hpp"
#include "socketio/json_scan.hpp"

using namespace parley;
using namespace parley::cluster;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// What a client's parser asks for.
void check_payload(const socketio::Payload& args) {
  require(is_utf8(args.json));
  const auto scan = socketio::scan_json(args.json, {32, args.attachments.size()});
  require(scan.has_value() && scan->kind == socketio::JsonKind::array);
  require(args.attachments.size() <= 10);
  args.parse();
}

/// One more time through the wire: the same but for the text of numbers, which MessagePack has not.
void check_broadcast(const Wire& mine, const Wire& theirs, const Message& message) {
  const socketio::EncodedEvent event{"/", message.name, message.args};
  const redis::Command sent = mine.broadcast(message.selection, event);
  require(mine.is_own(sent[2]) || !message.args.attachments.empty());
  const auto once = theirs.decode("socket.io#/#", sent[2]);
  require(once.has_value());
  require(once->selection.rooms == message.selection.rooms);
  require(once->selection.except == message.selection.except);
  require(once->selection.is_volatile == message.selection.is_volatile);
  require(once->name == message.name);
  const socketio::EncodedEvent again{"/", once->name, once->args};
  const auto twice = theirs.decode("socket.io#/#", mine.broadcast(once->selection, again)[2]);
  require(twice.has_value() && twice->args.json == once->args.json);
  require(twice->args.attachments == once->args.attachments);
}

void check(const Wire& mine, const Wire& theirs, std::string_view channel, std::string_view bytes) {
  const auto message = mine.decode(channel, bytes);
  if (!message) return;
  check_payload(message->args);
  for (const auto& rooms : {message->selection.rooms, message->selection.except, message->rooms}) {
    for (const std::string& room : rooms) require(is_utf8(room));
  }
  if (message->kind == Kind::broadcast && message->request.empty())
    check_broadcast(mine, theirs, *message);
  if (message->kind == Kind::sockets) mine.answer(*message, *message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ClassicWire classic{{"socket.io", "/", "mine12"}},
      classic_peer{{"socket.io", "/", "theirs"}};
  static const ShardedWire sharded{{"socket.io", "/", "0123456789abcdef"}},
      sharded_peer{{"socket.io", "/", "fedcba9876543210"}};
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  if (input.empty()) return 0;
  const std::string_view bytes = input.substr(1);
  if (input[0] == 'b') check(classic, classic_peer, "socket.io#/#", bytes);
  if (input[0] == 'r') check(classic, classic_peer, "socket.io-request#/#", bytes);
  if (input[0] == 'a') check(classic, classic_peer, "socket.io-response#/#", bytes);
  if (input[0] == 's') check(sharded, sharded_peer, "socket.io#/#", bytes);
  return 0;
}
