#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "api/presence_news.hpp"
#include "api/shard_gateway.hpp"
#include "chat/ports/feed.hpp"
#include "net/shard.hpp"
#include "socketio/server.hpp"

namespace parley::api {

/// The other nodes of a cluster, as far as the gateway must know of them.
struct Neighbours {
  /// The room that a user's sockets join; events for the user go there through the server's
  /// adapter, which reaches all nodes, those of Node.js too. Empty: this process is all there is.
  std::function<std::string(chat::UserId)> room;
  /// Ends the connections of a login on the other nodes.
  std::function<void(chat::UserId, std::optional<chat::FamilyId>)> close;
  /// A room is heard only once the adapter has subscribed it: devices are connected when it has.
  bool has_room_channels = false;
};

/// Joins the Socket.IO namespace "/" to the domain: one ShardGateway a shard, and the ways between
/// them.
class Gateway {
 public:
  /// Sets up the namespace and subscribes every shard to the feed. Before the server opens;
  /// everything given outlives it.
  Gateway(net::Shards& shards, socketio::Server& server, const Services& services, chat::Feed& feed,
          ops::Metrics& metrics, Neighbours neighbours = {});

  /// An event for all devices of these users, wherever they are connected. Any shard.
  void emit(std::vector<chat::UserId> users, const socketio::EncodedEvent& event);
  /// Ends the connections of a login, and what its access tokens are good for; nullopt: of all
  /// logins of the user. Any thread.
  void close(chat::UserId user, std::optional<chat::FamilyId> family);
  /// The same on this node alone: another one asked for it. Any thread.
  void close_here(chat::UserId user, std::optional<chat::FamilyId> family);
  /// Ends the connections of logins whose access tokens are refused already, on this node alone.
  /// Any thread.
  void close_here(std::vector<chat::Ending> logins);
  /// Comes back when every shard has done what it was asked for before: connections that were to
  /// end have ended, and whatever they sent is with the store. Any shard.
  Task<void> settle();
  /// The user's devices that are connected to this process. Any shard.
  Task<std::vector<DeviceReport>> devices_of(chat::UserId user);
  /// Somebody went online or offline: their news have one home. Any thread.
  void presence_changed(chat::UserId user, bool online);
  /// What was told of that since then may not have reached other nodes' devices. Any thread.
  void repeat_presence(SteadyTime since);
  /// True when every device has left, and everybody whom that concerns has been told. Any thread.
  bool is_idle() const;

 private:
  ShardGateway& at(socketio::Socket& socket) { return *shards_[socket.shard().index()]; }
  void emit_here(std::vector<chat::UserId> users, const socketio::EncodedEvent& event);
  void emit_everywhere(const std::vector<chat::UserId>& users, const socketio::EncodedEvent& event);
  void set_up(socketio::Namespace& nsp);
  void subscribe(chat::Feed& feed);

  GatewayMetrics metrics_;
  chat::Sessions& sessions_;
  Neighbours neighbours_;
  socketio::Namespace& nsp_;
  std::vector<std::unique_ptr<ShardGateway>> shards_;
  std::vector<std::unique_ptr<PresenceNews>> news_;  ///< One a shard.
};

}  // namespace parley::api
