#include "engineio/message.hpp"

#include <utility>

#include "websocket/frame.hpp"

namespace parley::engineio {

namespace {
constexpr std::size_t longest_head = 10;  ///< Of an unmasked frame.
constexpr std::size_t kept_capacity = 256 * 1024;
}  // namespace

std::string& TextWriter::begin() {
  if (buffer_.capacity() > kept_capacity) buffer_ = {};
  buffer_.assign(longest_head, '\0');
  buffer_ += static_cast<char>(PacketType::message);
  return buffer_;
}

TextFrame TextWriter::end() {
  std::string head;  // short enough to need no memory of its own
  websocket::append_head(head, websocket::Opcode::text, buffer_.size() - longest_head);
  const std::size_t begin = longest_head - head.size();
  buffer_.replace(begin, head.size(), head);
  return {std::string_view{buffer_}.substr(begin), head.size()};
}

Message Message::packet(PacketType type, std::string_view body) {
  const std::size_t size = body.size() + 1;
  std::string frame;
  frame.reserve(websocket::head_size(size) + size);
  websocket::append_head(frame, websocket::Opcode::text, size);
  frame.push_back(static_cast<char>(type));
  frame.append(body);
  return Message{std::move(frame), websocket::head_size(size), false};
}

Message Message::of(const TextFrame& text) {
  return Message{std::string{text.bytes}, text.head, false};
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
