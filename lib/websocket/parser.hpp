#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "websocket/frame.hpp"

namespace parley::websocket {

/// What a parser finds. Every view is borrowed for the call. A call gives false to stop the parser:
/// the rest of the bytes is then left.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// A whole message, unmasked; text is valid UTF-8 unless it is compressed.
  virtual bool on_message(Opcode opcode, std::span<char> payload, bool compressed) = 0;
  virtual bool on_ping(std::string_view payload) = 0;
  virtual bool on_pong(std::string_view payload) = 0;
  /// The peer's close frame, checked; the last call.
  virtual void on_close_frame(std::optional<std::uint16_t> code, std::string_view reason) = 0;
};

struct ParserLimits {
  /// Payload bytes of one message, all its fragments together.
  std::size_t max_message = 1'000'000;
  bool allow_compressed = false;  ///< permessage-deflate was agreed on.
};

/// What came of some bytes.
struct Parsed {
  /// The connection must be failed with it, and the parser is not used again. nullopt: all is well.
  std::optional<CloseCode> failure;
  std::span<char> rest;  ///< Left because a call of the sink stopped the parser.
};

/// The server's half of RFC 6455 framing: a client's bytes in, split anywhere, messages out.
/// Unmasks in place, delivers a whole frame without copying it, and keeps only what is unfinished:
/// eight bytes while idle. The outcome does not depend on where the bytes were split.
class FrameParser {
 public:
  FrameParser();
  ~FrameParser();

  /// A parser that was stopped may go on with the rest, or is not used again.
  Parsed parse(std::span<char> bytes, const ParserLimits& limits, FrameSink& sink);

  /// True between two messages, when nothing is kept.
  bool is_idle() const { return !pending_; }

 private:
  struct Pending;
  struct Run;

  std::unique_ptr<Pending> pending_;
};

}  // namespace parley::websocket
