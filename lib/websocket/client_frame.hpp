#pragma once

#include <string>
#include <string_view>

#include "websocket/frame.hpp"

namespace parley::websocket {

/// A masked frame, as a client sends it; for tests. Source: RFC 6455, section 5.3.
inline std::string client_frame(Opcode opcode, std::string_view payload, FrameFlags flags = {}) {
  constexpr std::array<char, 4> mask{'\x37', '\xfa', '\x21', '\x3d'};
  std::string frame;
  append_head(frame, opcode, payload.size(), flags);
  frame[1] = static_cast<char>(frame[1] | 0x80);
  frame.append(mask.data(), mask.size());
  std::string masked{payload};
  unmask(masked, mask);
  return frame + masked;
}

}  // namespace parley::websocket
