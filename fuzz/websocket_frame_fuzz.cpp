// Any bytes as a client's WebSocket frames: the outcome must not depend on where they are cut, nor
// on stopping behind every message, and no message may pass the limit. The first byte chooses the
// pieces and whether compression was agreed on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "websocket/parser.hpp"

namespace {

using namespace parley;
using namespace parley::websocket;

constexpr std::size_t max_message = 4096;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Everything that the parser finds, as one string a call.
class Notes final : public FrameSink {
 public:
  std::vector<std::string> lines;

  bool on_message(Opcode opcode, std::span<char> payload, bool compressed) override {
    const std::string text{payload.data(), payload.size()};
    require(text.size() <= max_message);
    require(opcode != Opcode::text || compressed || is_utf8(text));
    lines.push_back(std::to_string(static_cast<int>(opcode)) + (compressed ? "z" : "") + text);
    return !stops;
  }
  bool on_ping(std::string_view payload) override { return control("ping", payload); }
  bool on_pong(std::string_view payload) override { return control("pong", payload); }
  void on_close_frame(std::optional<std::uint16_t> code, std::string_view reason) override {
    require(!code || is_close_code(*code));
    control("close " + std::to_string(code.value_or(0)), reason);
    closed = true;
  }
  bool closed = false;
  bool stops = false;  ///< Behind each message.

 private:
  bool control(const std::string& kind, std::string_view payload) {
    require(payload.size() <= max_control_payload);
    lines.push_back(kind + std::string{payload});
    return true;
  }
};

struct Outcome {
  std::vector<std::string> lines;
  std::optional<CloseCode> failure;
  bool operator==(const Outcome&) const = default;
};

Outcome parse(const std::string& bytes, std::size_t piece, bool compressed, bool stops = false) {
  FrameParser parser;
  Notes notes;
  notes.stops = stops;
  const ParserLimits limits{max_message, compressed};
  for (std::size_t at = 0; at < bytes.size() && !notes.closed; at += piece) {
    std::string part = bytes.substr(at, piece);
    for (std::span<char> left = part; !left.empty() && !notes.closed;) {
      const Parsed parsed = parser.parse(left, limits, notes);
      if (parsed.failure) return {notes.lines, parsed.failure};
      require(stops || notes.closed || parsed.rest.empty());
      left = parsed.rest;
    }
  }
  return {notes.lines, std::nullopt};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const bool compressed = (data[0] & 0x80) != 0;
  const std::size_t piece = std::max<std::size_t>(data[0] & 0x7F, 1);
  const Outcome whole = parse(bytes, bytes.size(), compressed);
  require(parse(bytes, piece, compressed) == whole);
  require(parse(bytes, 1, compressed) == whole);
  require(parse(bytes, bytes.size(), compressed, true) == whole);
  require(parse(bytes, piece, compressed, true) == whole);
  return 0;
}
