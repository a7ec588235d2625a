#include "socketio/namespace.hpp"

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
  if (config.adapter) adapter_ = config.adapter(*this, std::move(adapter_));
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

Broadcast Namespace::to(std::string room) const { return everyone().to(std::move(room)); }
Broadcast Namespace::everyone() const { return Broadcast{*this}; }
LocalAdapter& Namespace::local(std::size_t shard) const { return sharded_->local(shard); }

}  // namespace parley::socketio
