#pragma once

#include "engineio/message.hpp"

namespace parley::engineio {

/// Packets without content, encoded once for the whole process.
struct FixedPackets {
  Message close = Message::packet(PacketType::close);
  Message ping = Message::packet(PacketType::ping);
  Message noop = Message::packet(PacketType::noop);
  Message probe_answer = Message::packet(PacketType::pong, "probe");

  static const FixedPackets& all() {
    static const FixedPackets packets;
    return packets;
  }
};

}  // namespace parley::engineio
