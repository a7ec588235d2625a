#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engineio/message.hpp"

namespace parley::socketio {

class Socket;

/// The arguments of an event or an acknowledgement as they stand on the wire: JSON text and attachments.
/// Text is kept, so numbers, key order and placeholders survive when they are passed on.
struct Payload {
  std::string json = "[]";                ///< A JSON array; binary leaves are {"_placeholder":true,"num":k}.
  std::vector<std::string> attachments;   ///< In order of k.

  /// A payload of JSON values without binary.
  static Payload of(const json::array& args);
};

/// Answers one event; copyable, may be called later and from a coroutine of the same shard. The first call
/// counts; after the socket's end it does nothing.
class Ack {
 public:
  void operator()(const Payload& args) const;
  /// True when the client asked for an answer.
  explicit operator bool() const;
};

/// A received event. Borrowed for the handler's call; what must live longer is copied out.
class Event {
 public:
  std::string_view name() const;
  /// The arguments behind the name.
  const Payload& payload() const;
  /// The same, parsed once on first use; never fails because the packet was checked when it came.
  const json::array& args() const;
  const Ack& ack() const;
};

/// An event encoded once, for one namespace; what a broadcast shares. Immutable.
class EncodedEvent {
 public:
  EncodedEvent(std::string_view nsp, std::string_view name, const Payload& args);
  const std::vector<engineio::Message>& messages() const { return messages_; }

 private:
  std::vector<engineio::Message> messages_;
};

}  // namespace parley::socketio
