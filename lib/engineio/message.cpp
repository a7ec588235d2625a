#include "engineio/message.hpp"

#include <utility>

#include "websocket/frame.hpp"

namespace parley::engineio {

namespace {
constexpr std::size_t kept_capacity = 256 * 1024;
constexpr std::size_t usual_head = TextWriter::opening.size() - 1;  ///< Of an unmasked frame.
}  // namespace

TextFrames TextFrames::rest() const {
  TextFrames others{bytes, count - 1};
  websocket::take_frame(others.bytes);
  return others;
}

std::vector<Message> TextFrames::messages() const {
  std::vector<Message> all;
  for (std::string_view left = bytes; !left.empty();)
    all.push_back(Message::of(websocket::take_frame(left)));
  return all;
}

void TextWriter::clear() {
  if (buffer_.capacity() > kept_capacity) buffer_ = {};
  buffer_.clear();
  count_ = 0;
}

std::string& TextWriter::begin(std::string_view beginning) {
  begin_ = buffer_.size();
  return buffer_ += beginning;
}

void TextWriter::end() {
  const std::size_t payload = buffer_.size() - begin_ - usual_head;
  const std::size_t head = websocket::head_size(payload);
  if (head != usual_head) buffer_.replace(begin_, usual_head, head, '\0');
  websocket::write_head(buffer_.data() + begin_, websocket::Opcode::text, payload);
  ++count_;
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

Message Message::of(std::string_view frame) {
  websocket::Head head;
  websocket::read_head(frame, head);
  return Message{std::string{frame}, head.size, false};
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
