#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/message.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"
#include "socketio/adapter.hpp"

namespace parley::cluster {

/// Where a wire's channels are and who speaks there: one namespace of one server.
struct Address {
  std::string prefix;  ///< `socket.io`.
  std::string nsp;     ///< With its slash.
  std::string uid;     ///< Of this server in this namespace.

  std::string channel() const { return prefix + "#" + nsp + "#"; }
};

/// A subscription.
struct Channel {
  redis::Kind kind;
  std::string name;  ///< Of a pattern: the pattern.

  friend bool operator==(const Channel&, const Channel&) = default;
};

/// A wire format: the channels on which servers speak, and the bytes. Pure functions of their
/// arguments and of the Address, so any shard may call.
class Wire {
 public:
  virtual ~Wire() = default;

  virtual const Address& address() const = 0;
  /// What is subscribed for good. Each exactly once per process and namespace: servers are counted
  /// by them.
  virtual std::vector<Channel> channels() const = 0;
  /// What is subscribed while a room has members here; nullopt when nothing is.
  virtual std::optional<Channel> room_channel(std::string_view room) const = 0;
  /// Whether rooms of sockets' ids have to be known.
  virtual socketio::OwnRooms own_rooms() const = 0;

  /// The one room that a message is for, by its channel: when it is not held here the message need
  /// not be decoded. Empty: it has to be.
  virtual std::string_view room_of(std::string_view channel) const = 0;
  /// True when this server has written it; false when it has, too, but that shows only decoded.
  virtual bool is_own(std::string_view bytes) const = 0;
  /// Errors: too_large, bad_request. Never throws for what another server sent.
  virtual Result<Message> decode(std::string_view channel, std::string_view bytes) const = 0;

  virtual redis::Command broadcast(const socketio::Selection& selection,
                                   const socketio::EncodedEvent& event) const = 0;
  /// A message of this server that is no answer.
  virtual redis::Command request(const Message& message) const = 0;
  /// An answer to `to`.
  virtual redis::Command answer(const Message& message, const Message& to) const = 0;
  /// Answered by an array of channel and how many servers there are, this one included.
  virtual redis::Command count_servers() const = 0;
};

}  // namespace parley::cluster
