#include "websocket/parser.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/utf8.hpp"
#include "websocket/utf8_check.hpp"

namespace parley::websocket {
namespace {

std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

/// What is kept of an unfinished head, frame or fragmented message.
struct FrameParser::Pending {
  // The message: payload of its data frames so far, unmasked.
  std::string message;
  Utf8Check utf8;
  Opcode opcode = Opcode::text;
  bool compressed = false;
  bool in_message = false;
  // The frame whose payload is not complete.
  bool in_frame = false;
  Head head;
  std::uint64_t have = 0;
  std::string control;
  // The head that is not complete.
  std::uint8_t head_have = 0;
  std::array<char, max_head> head_bytes{};

  bool is_empty() const { return !in_message && !in_frame && head_have == 0; }
};

/// One call of parse(): what it works on and how it ended.
struct FrameParser::Run {
  FrameParser& parser;
  const ParserLimits& limits;
  FrameSink& sink;
  std::span<char> bytes;
  std::optional<CloseCode> failure;
  bool stopped = false;

  Pending& pending() {
    if (!parser.pending_) parser.pending_ = std::make_unique<Pending>();
    return *parser.pending_;
  }
  Pending* existing() { return parser.pending_.get(); }
  void drop_empty_pending() {
    if (existing() && existing()->is_empty()) parser.pending_.reset();
  }
  std::span<char> take(std::size_t size) {
    const auto taken = bytes.first(size);
    bytes = bytes.subspan(size);
    return taken;
  }
  void fail(CloseCode code) {
    failure = code;
    stopped = true;
  }

  void go();
  void begin_frame();
  HeadState next_head(Head& head);
  std::optional<CloseCode> refusal(const Head& head);
  void whole_frame(const Head& head, std::span<char> payload);
  void start_partial(const Head& head);
  void continue_frame();
  void add_fragment(std::span<char> payload);
  void control(Opcode opcode, std::string_view payload);
  void close_frame(std::string_view payload);
  void deliver_pending();
};

FrameParser::FrameParser() = default;
FrameParser::~FrameParser() = default;

Parsed FrameParser::parse(std::span<char> bytes, const ParserLimits& limits, FrameSink& sink) {
  Run run{*this, limits, sink, bytes, std::nullopt};
  run.go();
  return {run.failure, run.bytes};
}

void FrameParser::Run::go() {
  while (!stopped && !bytes.empty()) {
    if (existing() && existing()->in_frame) {
      continue_frame();
    } else {
      begin_frame();
    }
  }
}

void FrameParser::Run::begin_frame() {
  Head head;
  switch (next_head(head)) {
    case HeadState::incomplete:
      return;
    case HeadState::malformed:
      return fail(CloseCode::protocol_error);
    case HeadState::complete:
      break;
  }
  if (const auto code = refusal(head)) return fail(*code);
  if (head.length <= bytes.size()) {
    whole_frame(head, take(static_cast<std::size_t>(head.length)));
  } else {
    start_partial(head);
  }
}

HeadState FrameParser::Run::next_head(Head& head) {
  Pending* kept = existing();
  if (!kept || kept->head_have == 0) {
    const HeadState state = read_head(view(bytes), head);
    if (state == HeadState::complete) take(head.size);
    if (state == HeadState::incomplete) {
      Pending& fresh = pending();
      fresh.head_have = static_cast<std::uint8_t>(bytes.size());
      std::ranges::copy(take(bytes.size()), fresh.head_bytes.begin());
    }
    return state;
  }
  const std::size_t before = kept->head_have;
  const std::size_t added = std::min(bytes.size(), max_head - before);
  std::memcpy(kept->head_bytes.data() + before, bytes.data(), added);
  const HeadState state = read_head({kept->head_bytes.data(), before + added}, head);
  if (state == HeadState::incomplete) {
    kept->head_have = static_cast<std::uint8_t>(before + added);
    take(added);
  } else if (state == HeadState::complete) {
    kept->head_have = 0;
    take(head.size - before);
    drop_empty_pending();
  }
  return state;
}

/// What RFC 6455 says against this head at this point; nullopt for a good one.
std::optional<CloseCode> FrameParser::Run::refusal(const Head& head) {
  if (!head.masked) return CloseCode::protocol_error;
  if (is_control(head.opcode)) {
    return head.compressed ? std::optional{CloseCode::protocol_error} : std::nullopt;
  }
  const bool in_message = existing() && existing()->in_message;
  const bool continues = head.opcode == Opcode::continuation;
  if (continues != in_message) return CloseCode::protocol_error;
  if (head.compressed && (continues || !limits.allow_compressed)) return CloseCode::protocol_error;
  const std::size_t before = in_message ? existing()->message.size() : 0;
  // The limit may have come down since the message began.
  if (before > limits.max_message || head.length > limits.max_message - before)
    return CloseCode::too_big;
  return std::nullopt;
}

void FrameParser::Run::whole_frame(const Head& head, std::span<char> payload) {
  unmask(payload, head.mask);
  if (is_control(head.opcode)) return control(head.opcode, view(payload));
  if (head.fin && head.opcode != Opcode::continuation) {
    if (head.opcode == Opcode::text && !head.compressed && !is_utf8(view(payload))) {
      return fail(CloseCode::invalid_data);
    }
    stopped = !sink.on_message(head.opcode, payload, head.compressed);
    return;
  }
  start_partial(head);
  add_fragment(payload);
  if (stopped) return;
  existing()->in_frame = false;
  if (head.fin) deliver_pending();
}

void FrameParser::Run::start_partial(const Head& head) {
  Pending& kept = pending();
  kept.in_frame = true;
  kept.head = head;
  kept.have = 0;
  if (is_control(head.opcode) || kept.in_message) return;
  kept.in_message = true;
  kept.opcode = head.opcode;
  kept.compressed = head.compressed;
  kept.utf8 = {};
}

void FrameParser::Run::continue_frame() {
  Pending& kept = *existing();
  const std::uint64_t missing = kept.head.length - kept.have;
  const auto payload =
      take(static_cast<std::size_t>(std::min<std::uint64_t>(missing, bytes.size())));
  unmask(payload, kept.head.mask, kept.have);
  kept.have += payload.size();
  if (is_control(kept.head.opcode)) {
    kept.control.append(view(payload));
  } else {
    add_fragment(payload);
  }
  if (stopped || kept.have < kept.head.length) return;
  kept.in_frame = false;
  if (is_control(kept.head.opcode)) {
    const std::string whole = std::exchange(kept.control, {});
    const Opcode opcode = kept.head.opcode;
    drop_empty_pending();
    control(opcode, whole);
  } else if (kept.head.fin) {
    deliver_pending();
  }
}

void FrameParser::Run::add_fragment(std::span<char> payload) {
  Pending& kept = *existing();
  if (kept.opcode == Opcode::text && !kept.compressed && !kept.utf8.feed(view(payload))) {
    return fail(CloseCode::invalid_data);
  }
  kept.message.append(view(payload));
}

void FrameParser::Run::deliver_pending() {
  Pending& kept = *existing();
  if (!kept.utf8.is_complete()) return fail(CloseCode::invalid_data);
  std::string message = std::move(kept.message);
  const Opcode opcode = kept.opcode;
  const bool compressed = kept.compressed;
  parser.pending_.reset();
  stopped = !sink.on_message(opcode, message, compressed);
}

void FrameParser::Run::control(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::close) return close_frame(payload);
  stopped = opcode == Opcode::ping ? !sink.on_ping(payload) : !sink.on_pong(payload);
}

void FrameParser::Run::close_frame(std::string_view payload) {
  if (payload.size() == 1) return fail(CloseCode::protocol_error);
  std::optional<std::uint16_t> code;
  if (!payload.empty()) {
    code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                      static_cast<std::uint8_t>(payload[1]));
    if (!is_close_code(*code)) return fail(CloseCode::protocol_error);
    payload.remove_prefix(2);
  }
  if (!is_utf8(payload)) return fail(CloseCode::invalid_data);
  stopped = true;
  sink.on_close_frame(code, payload);
}

}  // namespace parley::websocket
