#include "engineio/packet.hpp"

namespace parley::engineio {

std::optional<Packet> decode_packet(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
  return Packet{PacketType{text.front()}, text.substr(1)};
}

}  // namespace parley::engineio
