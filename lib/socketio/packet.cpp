#include "socketio/packet.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json.hpp"
#include "socketio/json_escapes.hpp"
#include "socketio/json_scan.hpp"

namespace parley::socketio {
namespace {

constexpr std::uint64_t max_id = (std::uint64_t{1} << 53) - 1;
constexpr std::size_t max_id_digits = 16;

/// The text being decoded; every step takes its part from the front.
class Reader {
 public:
  Reader(std::string_view text, Findings& findings, const PacketLimits& limits)
      : text_(text), findings_(findings), limits_(limits) {}

  Result<Packet> read() {
    const auto head = read_head();
    if (!head) return head.error();
    const auto payload = read_payload();
    if (!payload) return payload.error();
    return packet_;
  }

 private:
  Error refuse(const std::string& what) const {
    return fail(Errc::bad_request, what + " at byte " + std::to_string(at_));
  }

  bool is_binary() const {
    return packet_.type == PacketType::binary_event || packet_.type == PacketType::binary_ack;
  }

  std::string_view take_digits() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return text_.substr(start, at_ - start);
  }

  Result<Done> read_head() {
    if (text_.empty() || text_[0] < '0' || text_[0] > '6') return refuse("unknown packet type");
    packet_.type = static_cast<PacketType>(text_[0] - '0');
    at_ = 1;
    if (is_binary()) {
      if (const auto count = read_count(); !count) return count.error();
    }
    if (at_ < text_.size() && text_[at_] == '/') {
      if (const auto nsp = read_nsp(); !nsp) return nsp.error();
    }
    return takes_id() ? read_id() : Result<Done>{Done{}};
  }

  bool takes_id() const {
    return packet_.type != PacketType::connect && packet_.type != PacketType::disconnect &&
           packet_.type != PacketType::connect_error;
  }

  Result<Done> read_count() {
    const std::string_view digits = take_digits();
    unsigned count = 0;
    if (digits.empty() || digits.size() > 4 || digits[0] == '0')
      return refuse("bad attachment count");
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (count > limits_.max_attachments) return refuse("too many attachments");
    if (at_ >= text_.size() || text_[at_] != '-') return refuse("no - behind the attachment count");
    ++at_;
    packet_.attachments = count;
    return Done{};
  }

  Result<Done> read_nsp() {
    const std::size_t comma = std::min(text_.find(',', at_), text_.size());
    packet_.nsp = text_.substr(at_, comma - at_);
    if (packet_.nsp.size() > limits_.max_nsp) return refuse("namespace too long");
    at_ = std::min(comma + 1, text_.size());
    return Done{};
  }

  Result<Done> read_id() {
    const std::string_view digits = take_digits();
    if (digits.empty()) return Done{};
    std::uint64_t id = 0;
    if (digits.size() <= max_id_digits)
      std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (digits.size() > max_id_digits || id > max_id)
      return refuse("acknowledgement id out of range");
    packet_.id = id;
    return Done{};
  }

  Result<Done> read_payload() {
    const std::string_view payload = text_.substr(at_);
    if (packet_.type == PacketType::disconnect) {
      return payload.empty() ? Result<Done>{Done{}} : refuse("payload in DISCONNECT");
    }
    if (packet_.type == PacketType::connect && payload.empty()) return Done{};
    const auto scan =
        scan_json(payload, {limits_.max_depth, packet_.attachments}, &findings_.members);
    if (!scan) return refuse(scan.error().detail + ", payload");
    packet_.lone_surrogates = scan->lone_surrogates;
    switch (packet_.type) {
      case PacketType::connect:
        return object_payload(payload, scan->kind == JsonKind::object);
      case PacketType::connect_error:
        return object_payload(payload,
                              scan->kind == JsonKind::object || scan->kind == JsonKind::string);
      case PacketType::ack:
      case PacketType::binary_ack:
        return ack_payload(payload, *scan);
      default:
        return event_payload(*scan);
    }
  }

  Result<Done> object_payload(std::string_view payload, bool right_kind) {
    if (!right_kind) return refuse("payload of the wrong kind");
    packet_.json = payload;
    return Done{};
  }

  Result<Done> ack_payload(std::string_view payload, const JsonScan& scan) {
    if (scan.kind != JsonKind::array) return refuse("ACK without an array");
    if (!packet_.id) return refuse("ACK without an id");
    packet_.args = payload.substr(payload.find('[') + 1);
    packet_.args = packet_.args.substr(0, packet_.args.rfind(']'));
    return Done{};
  }

  Result<Done> event_payload(const JsonScan& scan) {
    if (scan.kind != JsonKind::array) return refuse("EVENT without an array");
    if (scan.first_kind == JsonKind::string && !scan.first.empty()) {
      packet_.name = scan.first.substr(1, scan.first.size() - 2);
      if (packet_.name.find('\\') != std::string_view::npos) {
        packet_.name = findings_.name = unescape_json_string(scan.first);
      }
      if (is_reserved(packet_.name)) return refuse("reserved event name");
    } else if (scan.first_kind == JsonKind::number && !scan.first.empty()) {
      packet_.name = scan.first;
    } else {
      return refuse("EVENT without a name");
    }
    packet_.args = scan.rest;
    packet_.members = &findings_.members;
    return Done{};
  }

  std::string_view text_;
  Findings& findings_;
  const PacketLimits& limits_;
  Packet packet_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Packet> decode_packet(std::string_view text, Findings& findings,
                             const PacketLimits& limits) {
  return Reader{text, findings, limits}.read();
}

void append_head(std::string& out, const PacketHead& head) {
  PacketType type = head.type;
  if (head.attachments > 0)
    type = type == PacketType::event ? PacketType::binary_event : PacketType::binary_ack;
  out += static_cast<char>('0' + static_cast<int>(type));
  if (head.attachments > 0) out.append(std::to_string(head.attachments)) += '-';
  if (head.nsp != "/") out.append(head.nsp) += ',';
  if (head.id) out += std::to_string(*head.id);
}

void append_event(std::string& out, std::string_view name, std::string_view args) {
  out += '[';
  json::append_string(out, name);
  std::string_view inner = args.substr(std::min(args.find('['), args.size()));
  if (!inner.empty()) inner = inner.substr(1, inner.rfind(']'));
  const std::size_t first = inner.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || inner[first] == ']') {
    out += ']';
  } else {
    out.append(1, ',').append(inner);
  }
}

bool is_reserved(std::string_view event_name) {
  static constexpr std::array<std::string_view, 6> names{
      "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
  return std::find(names.begin(), names.end(), event_name) != names.end();
}

}  // namespace parley::socketio
