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
  if (buffer_.empty()) buffer_.assign(longest_head, '\0') += static_cast<char>(PacketType::message);
  buffer_.resize(longest_head + 1);
  return buffer_;
}

TextFrame TextWriter::end() {
  const std::size_t payload = buffer_.size() - longest_head;
  const std::size_t head = websocket::head_size(payload);
  const std::size_t begin = longest_head - head;
  websocket::write_head(buffer_.data() + begin, websocket::Opcode::text, payload);
  return {std::string_view{buffer_}.substr(begin), head};
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
