#include "socketio/namespace.hpp"

#include "socketio/guard.hpp"
#include "socketio/sharded_adapter.hpp"

namespace parley::socketio {

Namespace::Namespace(std::string name, net::Shards& shards, const Config& config,
                     std::shared_ptr<Behaviour> behaviour)
    : name_(std::move(name)),
      config_(config),
      shard_count_(shards.size()),
      behaviour_(std::move(behaviour)) {
  auto sharded = std::make_unique<ShardedAdapter>(*this, shards, config.recovery);
  sharded_ = sharded.get();
  adapter_ = std::move(sharded);
  // The nameless one of Server::dynamic only takes handlers.
  if (config.adapter && !name_.empty()) adapter_ = config.adapter(*this, std::move(adapter_));
}

Namespace::~Namespace() = default;

Namespace& Namespace::use(Middleware middleware) {
  behaviour_->middlewares.push_back(std::move(middleware));
  return *this;
}

Namespace& Namespace::on_connection(ConnectionHandler handler) {
  behaviour_->connection.push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::on(std::string event, EventHandler handler) {
  behaviour_->events[std::move(event)].push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::on_any(EventHandler handler) {
  behaviour_->any.push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::on_other(EventHandler handler) {
  behaviour_->other.push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::filter(Filter filter) {
  behaviour_->filters.push_back(std::move(filter));
  return *this;
}

Namespace& Namespace::on_disconnecting(DisconnectHandler handler) {
  behaviour_->disconnecting.push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::on_disconnect(DisconnectHandler handler) {
  behaviour_->disconnect.push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::on_drain(ConnectionHandler handler) {
  behaviour_->drain.push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::on_server_side_emit(ServerSideHandler handler) {
  behaviour_->server_side.push_back(std::move(handler));
  return *this;
}

void Namespace::server_side_emit(std::string_view name, const Payload& args) const {
  adapter_->server_side_emit(name, args);
}

Task<ServerAnswers> Namespace::server_side_emit_with_ack(std::string name, Payload args) const {
  return adapter_->server_side_emit_with_ack(std::move(name), std::move(args));
}

void Namespace::on_server_side(net::Shard& shard, std::string_view name, const Payload& args,
                               const ServerAck& ack) const {
  for (const auto& handler : behaviour_->server_side) {
    guarded(shard, "socketio.on_server_side_emit", [&] { handler(name, args, ack); });
  }
}

Broadcast Namespace::to(std::string room) const { return everyone().to(std::move(room)); }
Broadcast Namespace::everyone() const { return Broadcast{*this}; }
LocalAdapter& Namespace::local(std::size_t shard) const { return sharded_->local(shard); }

}  // namespace parley::socketio
