// Socket.IO packets. An input is engine messages, separated by a byte 0xFF; one that begins with
// 0xFE is binary. Each text that decodes must encode and decode to the same; all of them together
// go to a server as a client's, which takes no more than max_packet bytes with their attachments.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/utf8.hpp"
#include "socketio/json_escapes.hpp"
#include "socketio/json_members.hpp"
#include "socketio/json_scan.hpp"
#include "socketio/testing.hpp"

using namespace parley;
using namespace parley::socketio;

namespace {

constexpr std::size_t max_packet = 256;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What encoding the decoded parts gives.
std::string encode(const Packet& packet) {
  std::string text;
  PacketType type = packet.type;
  if (type == PacketType::binary_event) type = PacketType::event;
  if (type == PacketType::binary_ack) type = PacketType::ack;
  append_head(text, {type, packet.attachments, packet.nsp, packet.id});
  const std::string args = std::string{"["}.append(packet.args) + "]";
  if (type == PacketType::event) {
    append_event(text, packet.name, args);
  } else if (type == PacketType::ack) {
    text += args;
  }
  return text.append(packet.json);
}

void check_stable(std::string_view text) {
  Findings findings, again_findings;
  const auto packet = decode_packet(text, findings);
  if (!packet) return;
  const std::string encoded = encode(*packet);
  const auto again = decode_packet(encoded, again_findings);
  require(again.has_value());
  require(again->type == packet->type && again->nsp == packet->nsp && again->id == packet->id);
  require(again->attachments == packet->attachments && again->name == packet->name);
  require(encode(*again) == encoded);
}

/// The scan takes nothing that the parser behind Event::args refuses.
void check_scan(std::string_view text) {
  const auto scan = scan_json(text);
  if (!scan) return;
  const bool parses = json::parse(text).has_value();
  require(parses || scan->lone_surrogates);
  require(json::parse(without_lone_surrogates(text)).has_value());
}

/// The members that the scan notes are those that the parser finds.
void check_members(std::string_view text) {
  const auto scan = scan_json(text);
  if (!scan || scan->lone_surrogates || scan->kind != JsonKind::object) return;
  const auto parsed = json::parse(text);
  if (std::ranges::count(text, ':') > static_cast<std::ptrdiff_t>(JsonMembers::most)) return;
  const std::string args = std::string{"[0,"}.append(text) + ",{}]";
  JsonMembers members;
  require(scan_json(args, {33, 0}, &members).has_value());
  for (const auto& [name, value] : parsed->get_object()) {
    const auto* found = members.find(name);
    require(found != nullptr);
    const auto read = json::parse(found->text);
    require(read && *read == value);
  }
}

std::size_t size_of(const Payload& payload) {
  std::size_t size = payload.json.size();
  for (const std::string& bytes : payload.attachments) size += bytes.size();
  return size;
}

void serve(std::string_view input) {
  net::Shards shards{1};
  Config config;
  config.engine.max_payload = max_packet;
  Server io{shards, config};
  io.of("/").on_any([](const auto& socket, Event& event) {
    require(event.payload().attachments.empty() || size_of(event.payload()) <= max_packet);
    require(event.payload().json == "[]" || !event.args().empty() ||
            event.payload().json.find_first_not_of(" \t\r\n[]") == std::string::npos);
    socket->emit(event.name(), event.payload());
    event.ack()(event.payload());
  });
  io.of("/a");
  TestClient client{io, shards};
  while (!input.empty()) {
    const std::string_view message = input.substr(0, input.find('\xFF'));
    input.remove_prefix(std::min(message.size() + 1, input.size()));
    if (message.starts_with('\xFE')) {
      client.send_binary(message.substr(1));
    } else if (is_utf8(message)) {
      check_stable(message);
      check_scan(message);
      check_members(message);
      client.send_text(message);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  serve({reinterpret_cast<const char*>(data), size});
  return 0;
}
