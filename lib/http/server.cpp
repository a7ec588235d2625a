#include "http/server.hpp"

#include <utility>

namespace parley::http {

Server::Server(net::Shards& shards, Config config, const Router& router)
    : shards_(shards),
      service_(std::make_shared<Service>(config, router, shards.size())),
      listener_(shards, config.host, config.port, config.connections,
                [service = service_](net::Connection& connection) {
                  return service->protocol(connection);
                }) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return listener_.port(); }

void Server::drain() {
  service_->start_draining();
  listener_.stop_accepting();
  for (const auto& shard : shards_) {
    shard->post([service = service_, &shard = *shard] { service->drain(shard); });
  }
}

net::Listener::Counts Server::counts() const { return listener_.counts(); }
Service::Counts Server::request_counts() const { return service_->counts(); }

}  // namespace parley::http
