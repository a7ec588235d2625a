#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.hpp"
#include "base/string_hash.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"
#include "socketio/config.hpp"
#include "socketio/socket.hpp"

namespace parley::socketio {

class ShardedAdapter;

/// Why a client may not join: becomes CONNECT_ERROR {message, data?}.
struct ConnectError {
  std::string message;
  std::optional<json::value> data;
};

/// A namespace: what is set up before the server starts, and the way in to its sockets. Handlers
/// run on the shard of the socket; what they share is the application's business.
class Namespace {
 public:
  using SharedSocket = std::shared_ptr<Socket>;
  using Middleware = std::function<Task<std::optional<ConnectError>>(SharedSocket)>;
  using ConnectionHandler = std::function<void(const SharedSocket&)>;
  using EventHandler = std::function<void(const SharedSocket&, Event&)>;
  using DisconnectHandler = std::function<void(const SharedSocket&, DisconnectReason)>;
  /// An error keeps the event from its handlers; the client is not told.
  using Filter = std::function<Result<Done>(const SharedSocket&, Event&)>;

  /// Answers a server-side emit of another server, cut to the first argument. Any shard; the first
  /// call counts. Empty when no answer is wanted.
  using ServerAck = std::function<void(const Payload& answer)>;
  using ServerSideHandler =
      std::function<void(std::string_view name, const Payload& args, const ServerAck& ack)>;

  /// What all namespaces of one origin share: a dynamic one's children have their parent's.
  struct Behaviour {
    std::vector<Middleware> middlewares;
    std::vector<ConnectionHandler> connection, drain;
    std::vector<DisconnectHandler> disconnecting, disconnect;
    std::vector<Filter> filters;
    std::vector<EventHandler> any, other;
    std::unordered_map<std::string, std::vector<EventHandler>, StringHash, std::equal_to<>> events;
    std::vector<ServerSideHandler> server_side;
  };

  Namespace(std::string name, net::Shards& shards, const Config& config,
            std::shared_ptr<Behaviour> behaviour);
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  const std::string& name() const { return name_; }
  /// In order, before the socket joins. Only before the server starts, as all of these.
  Namespace& use(Middleware middleware);
  Namespace& on_connection(ConnectionHandler handler);
  Namespace& on(std::string event, EventHandler handler);
  /// Every event, behind the handlers of its name.
  Namespace& on_any(EventHandler handler);
  /// Events of names that have no handlers: neither `on` of the namespace nor of the socket.
  Namespace& on_other(EventHandler handler);
  /// Before an event's handlers, in order.
  Namespace& filter(Filter filter);
  /// While the socket is in its rooms still.
  Namespace& on_disconnecting(DisconnectHandler handler);
  /// When it has left.
  Namespace& on_disconnect(DisconnectHandler handler);

  /// Each time that everything sent to a socket so far has left the process, before the socket's
  /// own handler.
  Namespace& on_drain(ConnectionHandler handler);

  /// What other servers of the cluster emit to servers. On the shard that hears the cluster; which
  /// one that is says its adapter.
  Namespace& on_server_side_emit(ServerSideHandler handler);

  Broadcast to(std::string room) const;
  Broadcast everyone() const;

  /// To the other servers of the cluster: never to this one, never to clients.
  void server_side_emit(std::string_view name, const Payload& args = {}) const;
  /// One answer from every other server, or what came until the adapter's patience ended. Awaited
  /// on a shard.
  Task<ServerAnswers> server_side_emit_with_ack(std::string name, Payload args = {}) const;
  /// For an adapter: another server's emit. Handlers that throw are reported on `shard`.
  void on_server_side(net::Shard& shard, std::string_view name, const Payload& args,
                      const ServerAck& ack) const;

  /// The outermost adapter.
  Adapter& adapter() const { return *adapter_; }
  /// The part of one shard: only there.
  LocalAdapter& local(std::size_t shard) const;
  std::size_t shard_count() const { return shard_count_; }
  const Behaviour& behaviour() const { return *behaviour_; }
  const RecoveryConfig& recovery() const { return config_.recovery; }

 private:
  std::string name_;
  const Config& config_;
  std::size_t shard_count_;
  std::shared_ptr<Behaviour> behaviour_;
  ShardedAdapter* sharded_;  ///< Inside adapter_.
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace parley::socketio
