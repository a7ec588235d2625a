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

/// Joins the Socket.IO namespace "/" to the domain: one ShardGateway a shard, and the ways between
/// them.
class Gateway {
 public:
  /// Sets up the namespace and subscribes every shard to the feed. Before the server opens;
  /// everything given outlives it.
  Gateway(net::Shards& shards, socketio::Server& server, const Services& services, chat::Feed& feed,
          ops::Metrics& metrics);

  /// An event for all devices of these users. Any shard.
  void emit(std::vector<chat::UserId> users, const socketio::EncodedEvent& event);
  /// Ends the connections of a login; nullopt: of all logins of the user. Any shard.
  void close(chat::UserId user, std::optional<chat::FamilyId> family);

 private:
  ShardGateway& at(socketio::Socket& socket) { return *shards_[socket.shard().index()]; }
  /// Somebody's presence may have changed: their news have one home. Any shard.
  void presence_changed(chat::UserId user);
  void set_up(socketio::Namespace& nsp);
  void subscribe(chat::Feed& feed);

  GatewayMetrics metrics_;
  std::vector<std::unique_ptr<ShardGateway>> shards_;
  std::vector<std::unique_ptr<PresenceNews>> news_;  ///< One a shard.
};

}  // namespace parley::api
