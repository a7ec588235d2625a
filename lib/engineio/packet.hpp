#pragma once

#include <optional>
#include <string_view>

namespace parley::engineio {

/// The first character of a text packet. Source: Engine.IO protocol v4, "Packet types".
enum class PacketType : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6',
};

/// A text packet, taken apart. Borrows from what was decoded.
struct Packet {
  PacketType type = PacketType::noop;
  std::string_view body;
};

/// nullopt for an empty string and for an unknown first character: a parse error, which ends the
/// session.
std::optional<Packet> decode_packet(std::string_view text);

}  // namespace parley::engineio
