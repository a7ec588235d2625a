#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "socketio/json_members.hpp"

namespace parley::socketio {

/// Source: Socket.IO protocol v5, "Packet types".
enum class PacketType : std::uint8_t {
  connect = 0,
  disconnect = 1,
  event = 2,
  ack = 3,
  connect_error = 4,
  binary_event = 5,
  binary_ack = 6,
};

/// What decoding finds out about a packet besides views of its text.
struct Findings {
  std::string name;     ///< Of an event, when there are escapes in it.
  JsonMembers members;  ///< Of an event's first argument, when it is an object.
};

/// One decoded packet. Its views borrow from the text that was decoded, `name` perhaps from the
/// Findings, as `members` does.
struct Packet {
  PacketType type = PacketType::connect;
  unsigned attachments = 0;  ///< Binary messages that follow; 0 unless type is binary_*.
  std::string_view nsp = "/";
  std::optional<std::uint64_t> id;  ///< Acknowledgement id, at most 2^53 - 1.
  std::string_view json;            ///< CONNECT, CONNECT_ERROR: the payload, empty when absent.
  std::string_view name;            ///< EVENT: the event's name; of a number its digits.
  std::string_view args;            ///< EVENT, ACK: the arguments, without the array's brackets.
  const JsonMembers* members = nullptr;  ///< EVENT: of its first argument.
  bool lone_surrogates = false;          ///< See JsonScan.
};

struct PacketLimits {
  std::size_t max_attachments = 10;
  std::size_t max_depth = 32;
  std::size_t max_nsp = 256;  ///< Bytes of a namespace's name.
  /// Of a packet with attachments: its text and all of them together.
  std::size_t max_bytes = 1'000'000;
};

/// Decodes the text of one Engine.IO message, strictly. `findings` are new ones. Errors:
/// bad_request that says what was wrong and where.
Result<Packet> decode_packet(std::string_view text, Findings& findings,
                             const PacketLimits& limits = {});

/// What stands before the payload.
struct PacketHead {
  PacketType type = PacketType::event;
  std::size_t attachments = 0;
  std::string_view nsp = "/";
  std::optional<std::uint64_t> id;
};

/// Appends type, attachment count, namespace and id.
void append_head(std::string& out, const PacketHead& head);
/// Appends `["name",…args]`; `args` is the text of a JSON array.
void append_event(std::string& out, std::string_view name, std::string_view args);

/// Names that an application cannot use for events.
bool is_reserved(std::string_view event_name);

}  // namespace parley::socketio
