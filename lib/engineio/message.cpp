#include "engineio/message.hpp"

#include <utility>

#include "websocket/frame.hpp"

namespace parley::engineio {

Message Message::packet(PacketType type, std::string_view body) {
  const std::size_t size = body.size() + 1;
  std::string frame;
  frame.reserve(websocket::head_size(size) + size);
  websocket::append_head(frame, websocket::Opcode::text, size);
  frame.push_back(static_cast<char>(type));
  frame.append(body);
  return Message{std::move(frame), websocket::head_size(size), false};
}

Message Message::text(std::string_view body) { return packet(PacketType::message, body); }

Message Message::binary(std::string_view bytes) {
  return Message{websocket::encode_frame(websocket::Opcode::binary, bytes),
                 websocket::head_size(bytes.size()), true};
}

Message::Message(std::string frame, std::size_t head, bool binary)
    : frame_(std::make_shared<const std::string>(std::move(frame))),
      head_(static_cast<std::uint8_t>(head)),
      binary_(binary) {}

}  // namespace parley::engineio
