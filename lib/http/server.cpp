#include "http/server.hpp"

#include <utility>

#include "http/detail/response_writer.hpp"

namespace parley::http {

namespace {
net::Listener::Accept accept_with(std::shared_ptr<Service> service, const net::Tls* tls) {
  net::Listener::Accept accept = [service = std::move(service)](net::Connection& connection) {
    return service->protocol(connection);
  };
  return tls != nullptr ? tls->over(std::move(accept)) : accept;
}
}  // namespace

Server::Server(net::Shards& shards, Config config, const Router& router, const net::Tls* tls)
    : shards_(shards),
      tls_(tls),
      service_(std::make_shared<Service>(config, router, shards.size())),
      listener_(shards, config.host, config.port, config.connections, accept_with(service_, tls)) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return listener_.port(); }

void Server::drain() {
  service_->start_draining();
  listener_.stop_accepting();
  if (tls_ != nullptr) tls_->end_handshakes();
  for (const auto& shard : shards_) {
    shard->post([service = service_, &shard = *shard] { service->drain(shard); });
  }
}

net::Listener::Counts Server::counts() const { return listener_.counts(); }
Service::Counts Server::request_counts() const { return service_->counts(); }

std::string answer_to_plain_http() {
  const Response response =
      Response::error(fail(Errc::bad_request, "This port speaks HTTPS: use https:// or wss://"));
  return detail::write_head(response, {}, {.close = true}, detail::http_date()) + response.body;
}

}  // namespace parley::http
