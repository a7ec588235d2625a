#include "load/wire.hpp"

#include <array>
#include <charconv>

namespace parley::load {

namespace {

constexpr std::array<char, 4> mask{'\x37', '\x2a', '\x51', '\x1c'};
constexpr std::uint64_t most_bytes = 64 << 20;

/// Digits at the front of `text`, which are dropped from it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

Packet read_event(std::string_view text) {
  Packet packet{.kind = PacketKind::event};
  if (const auto id = take_number(text)) {
    packet.id = *id;
    packet.wants_ack = true;
  }
  if (!text.starts_with("[\"")) return {};
  const auto end = text.find('"', 2);
  if (end == std::string_view::npos) return {};
  packet.name = text.substr(2, end - 2);
  packet.payload = text.substr(end + 1);
  return packet;
}

Packet read_ack(std::string_view text) {
  const auto id = take_number(text);
  if (!id || !text.starts_with('[')) return {};
  return {.kind = PacketKind::ack, .id = *id, .payload = text};
}

template <class Number>
bool take_hex(std::string_view& text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty() || text.front() != '.') return false;
  text.remove_prefix(1);
  return true;
}

template <class Number>
void append_hex(std::string& out, Number value) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  out.append(digits.data(), end);
  out += '.';
}

}  // namespace

std::optional<std::string> FrameReader::read_whole(std::string_view& bytes, const Sink& sink,
                                                   bool& stopped) {
  websocket::Head head;
  while (!bytes.empty()) {
    const auto state = websocket::read_head(bytes, head);
    if (state == websocket::HeadState::incomplete) return std::nullopt;
    if (state == websocket::HeadState::malformed) return "a malformed WebSocket frame";
    if (head.masked) return "a masked WebSocket frame";
    if (!head.fin || head.opcode == websocket::Opcode::continuation || head.compressed)
      return "a fragmented or compressed WebSocket message";
    if (head.length > most_bytes) return "a WebSocket frame of more than 64 MiB";
    if (bytes.size() - head.size < head.length) return std::nullopt;
    const std::string_view payload = bytes.substr(head.size, head.length);
    bytes.remove_prefix(head.size + head.length);
    if (!sink(head.opcode, payload)) {
      stopped = true;
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<std::string> FrameReader::read(std::string_view bytes, const Sink& sink) {
  std::string kept;
  if (!rest_.empty()) {
    kept = std::move(rest_);
    rest_.clear();
    kept.append(bytes);
    bytes = kept;
  }
  bool stopped = false;
  auto problem = read_whole(bytes, sink, stopped);
  // A new string, not an assignment: idle connections keep no capacity.
  if (!problem && !stopped) rest_ = std::string{bytes};
  return problem;
}

void append_client_frame(std::string& out, websocket::Opcode opcode, std::string_view payload) {
  const std::size_t head = out.size();
  websocket::append_head(out, opcode, payload.size());
  out[head + 1] = static_cast<char>(out[head + 1] | 0x80);
  out.append(mask.data(), mask.size());
  const std::size_t begin = out.size();
  out.append(payload);
  websocket::unmask(std::span{out}.subspan(begin), mask);
}

Packet read_packet(std::string_view text) {
  if (text.empty()) return {};
  if (text[0] == '0') return {.kind = PacketKind::open, .payload = text.substr(1)};
  if (text[0] == '2') return {.kind = PacketKind::ping};
  if (text[0] == '1') return {.kind = PacketKind::closed};
  if (text[0] != '4' || text.size() < 2) return {};
  const std::string_view rest = text.substr(2);
  switch (text[1]) {
    case '0':
      return {.kind = PacketKind::connected, .payload = rest};
    case '1':
      return {.kind = PacketKind::closed};
    case '2':
      return read_event(rest);
    case '3':
      return read_ack(rest);
    case '4':
      return {.kind = PacketKind::refused, .payload = rest};
    default:
      return {};
  }
}

std::string_view text_field(std::string_view json, std::string_view quoted_name) {
  const auto at = json.find(quoted_name);
  if (at == std::string_view::npos) return {};
  std::string_view rest = json.substr(at + quoted_name.size());
  if (!rest.starts_with(":\"")) return {};
  rest.remove_prefix(2);
  const auto end = rest.find('"');
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

void append_content(std::string& out, const Mark& mark, std::size_t size) {
  const std::size_t begin = out.size();
  out += '~';
  append_hex(out, mark.run);
  append_hex(out, mark.edge);
  append_hex(out, mark.number);
  append_hex(out, mark.intended);
  const std::size_t used = out.size() - begin;
  if (used < size) out.append(size - used, 'x');
}

std::optional<Mark> read_mark(std::string_view content) {
  if (!content.starts_with('~')) return std::nullopt;
  content.remove_prefix(1);
  Mark mark;
  if (!take_hex(content, mark.run) || !take_hex(content, mark.edge) ||
      !take_hex(content, mark.number) || !take_hex(content, mark.intended))
    return std::nullopt;
  return mark;
}

}  // namespace parley::load
