#include "socketio/event.hpp"

#include "socketio/json_escapes.hpp"
#include "socketio/socket.hpp"

namespace parley::socketio {
namespace {

/// Encoding goes through one buffer per thread; Message::text copies what it needs from it.
std::string& scratch() {
  thread_local std::string buffer;
  buffer.clear();
  if (buffer.capacity() > 256 * 1024) buffer.shrink_to_fit();
  return buffer;
}

Messages with_attachments(std::string_view text, const std::vector<std::string>& attachments) {
  Messages messages;
  messages.reserve(1 + attachments.size());
  messages.push_back(engineio::Message::text(text));
  for (const std::string& bytes : attachments) messages.push_back(engineio::Message::binary(bytes));
  return messages;
}

}  // namespace

Payload Payload::of(const json::array& args) { return Payload{json::serialize(args), {}}; }

json::object Payload::placeholder(std::size_t k) { return {{"_placeholder", true}, {"num", k}}; }

json::array Payload::parse() const {
  auto value = json::parse(json);
  if (!value) value = json::parse(without_lone_surrogates(json));
  return value && value->is_array() ? std::move(value->get_array()) : json::array{};
}

Messages encode_event(std::string_view nsp, std::string_view name, const Payload& args,
                      std::optional<std::uint64_t> id) {
  std::string& text = scratch();
  append_head(text, {PacketType::event, args.attachments.size(), nsp, id});
  append_event(text, name, args.json);
  return with_attachments(text, args.attachments);
}

Messages encode_ack(std::string_view nsp, std::uint64_t id, const Payload& args) {
  std::string& text = scratch();
  append_head(text, {PacketType::ack, args.attachments.size(), nsp, id});
  text += args.json;
  return with_attachments(text, args.attachments);
}

engineio::Message encode_plain(PacketType type, std::string_view nsp, std::string_view json) {
  std::string& text = scratch();
  append_head(text, {type, 0, nsp, std::nullopt});
  text += json;
  return engineio::Message::text(text);
}

EventHead::EventHead(std::string_view nsp, std::string_view name) {
  append_head(text_, {PacketType::event, 0, nsp, std::nullopt});
  text_ += '[';
  json::append_string(text_, name);
  text_ += ',';
}

std::string& EventWriter::begin(const EventHead& head) {
  text_ = &writer_.begin(head.text_);
  return *text_;
}

std::string& EventWriter::begin_answer(std::string_view nsp, std::uint64_t ack_id) {
  text_ = &writer_.begin();
  append_head(*text_, {PacketType::ack, 0, nsp, ack_id});
  return *text_ += '[';
}

void EventWriter::end() {
  *text_ += ']';
  writer_.end();
}

void Ack::operator()(const Payload& args) const {
  if (!state_ || state_->answered) return;
  state_->answered = true;
  if (const auto socket = state_->socket.lock()) socket->send_ack(state_->id, args);
}

const Payload& Event::payload() const {
  if (!payload_) {
    payload_.emplace();
    payload_->json.reserve(packet_->args.size() + 2);
    payload_->json.assign(1, '[').append(packet_->args) += ']';
    payload_->attachments = std::move(*attachments_);
  }
  return *payload_;
}

const json::array& Event::args() const {
  if (!args_) args_ = payload().parse();
  return *args_;
}

const Ack& Event::ack() const {
  if (!ack_ && packet_->id) {
    ack_.state_ =
        std::make_shared<Ack::State>(Ack::State{socket_->weak_from_this(), *packet_->id, false});
  }
  return ack_;
}

std::string_view EncodedEvent::data() const {
  std::string_view rest = text().substr(1);
  if (messages_.size() > 1) rest.remove_prefix(rest.find('-') + 1);
  if (rest.starts_with('/')) rest.remove_prefix(rest.find(',') + 1);
  return rest;
}

EncodedEvent EncodedEvent::with_argument(std::string_view argument) const {
  std::string& text = scratch();
  text = this->text();
  text.pop_back();  // the array's bracket: an event has at least its name, so a comma is right
  text += ',';
  json::append_string(text, argument);
  text += ']';
  Messages messages = messages_;
  messages.front() = engineio::Message::text(text);
  return EncodedEvent{std::move(messages)};
}

}  // namespace parley::socketio
