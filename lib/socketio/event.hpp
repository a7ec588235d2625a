#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engineio/message.hpp"
#include "socketio/packet.hpp"

namespace parley::socketio {

class Socket;

/// The arguments of an event or an acknowledgement as they stand on the wire: JSON text and
/// attachments. Text is kept, so numbers, key order and placeholders survive when they are passed
/// on.
struct Payload {
  std::string json = "[]";  ///< A JSON array; binary leaves are {"_placeholder":true,"num":k}.
  std::vector<std::string> attachments;  ///< In order of k.

  /// A payload of JSON values without binary.
  static Payload of(const json::array& args);
  /// What stands in the JSON for attachment `k`.
  static json::object placeholder(std::size_t k);
  /// The arguments as values. Never fails for what a peer sent: it was checked when it came.
  json::array parse() const;
};

/// Several messages that stay together: mostly one, so that needs no vector.
using Messages = boost::container::small_vector<engineio::Message, 1>;

/// Encodes an EVENT, or a BINARY_EVENT when there are attachments.
Messages encode_event(std::string_view nsp, std::string_view name, const Payload& args,
                      std::optional<std::uint64_t> id = std::nullopt);
Messages encode_ack(std::string_view nsp, std::uint64_t id, const Payload& args);
/// A packet without attachments: CONNECT, CONNECT_ERROR, DISCONNECT.
engineio::Message encode_plain(PacketType type, std::string_view nsp, std::string_view json = {});

/// What stands in front of an event's arguments, encoded once for events that are sent often.
class EventHead {
 public:
  EventHead(std::string_view nsp, std::string_view name);

 private:
  friend class EventWriter;
  std::string text_{engineio::TextWriter::opening};
};

/// Writes events and answers of one argument and without attachments, one behind the other, each
/// where its frame will be: for what few receivers get. Keeps its buffer.
class EventWriter {
 public:
  /// Forgets what was written.
  void clear() { writer_.clear(); }
  /// Begins an event; the argument is appended to the result, as JSON.
  std::string& begin(const EventHead& head);
  /// Begins the answer to an event, for Event::ack_id.
  std::string& begin_answer(std::string_view nsp, std::uint64_t ack_id);
  void end();
  /// What was written. Borrowed until the next change.
  engineio::TextFrames frames() const { return writer_.frames(); }

 private:
  engineio::TextWriter writer_;
  std::string* text_ = nullptr;
};

/// Under which number a client waits for an answer, if it does.
using AckId = std::optional<std::uint64_t>;

/// Answers one event; copyable, may be called later and from a coroutine of the same shard. The
/// first call counts; after the socket's end it does nothing.
class Ack {
 public:
  Ack() = default;
  void operator()(const Payload& args) const;
  /// True when the client asked for an answer.
  explicit operator bool() const { return state_ != nullptr; }

 private:
  friend class Event;
  struct State {
    std::weak_ptr<Socket> socket;
    std::uint64_t id;
    bool answered;
  };
  std::shared_ptr<State> state_;
};

/// A received event. Borrowed for the handler's call; what must live longer is copied out.
class Event {
 public:
  /// `packet` is an EVENT; `attachments` are taken when somebody asks for the payload. Everything
  /// is borrowed.
  Event(const Packet& packet, std::vector<std::string>& attachments, Socket& socket)
      : packet_(&packet), attachments_(&attachments), socket_(&socket) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  std::string_view name() const { return packet_->name; }
  /// The arguments behind the name as they stand on the wire, without the array's brackets.
  std::string_view text() const { return packet_->args; }
  /// Of the first argument behind the name; none when it is no object.
  const JsonMembers& members() const { return *packet_->members; }
  /// The arguments behind the name.
  const Payload& payload() const;
  /// The same, parsed once on first use; never fails because the packet was checked when it came.
  const json::array& args() const;
  /// Made on first use: an event whose answer nobody gives costs nothing.
  const Ack& ack() const;
  /// What Socket::answer takes, for those who see to it that they answer once. nullopt: the client
  /// asked for no answer.
  AckId ack_id() const { return packet_->id; }

 private:
  const Packet* packet_;
  std::vector<std::string>* attachments_;
  Socket* socket_;
  mutable std::optional<Payload> payload_;
  mutable std::optional<json::array> args_;
  mutable Ack ack_;
};

/// An event encoded once, for one namespace; what a broadcast shares. Immutable.
class EncodedEvent {
 public:
  EncodedEvent(std::string_view nsp, std::string_view name, const Payload& args)
      : messages_(encode_event(nsp, name, args)) {}
  std::span<const engineio::Message> messages() const {
    return {messages_.data(), messages_.size()};
  }
  /// The packet's text, without the engine's `4`: what an adapter for other servers decodes.
  /// Borrowed.
  std::string_view text() const { return messages_.front().payload().substr(1); }

  /// What `text` says behind type and namespace: `["name",…args]`. Borrowed.
  std::string_view data() const;
  /// The messages of its attachments, in order.
  std::span<const engineio::Message> attachments() const { return messages().subspan(1); }

  /// The same event with one more argument, a string: the offset of connection state recovery.
  EncodedEvent with_argument(std::string_view text) const;

 private:
  explicit EncodedEvent(Messages messages) : messages_(std::move(messages)) {}
  Messages messages_;
};

}  // namespace parley::socketio
