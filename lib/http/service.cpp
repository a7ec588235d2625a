#include "http/service.hpp"

#include <stdexcept>
#include <utility>

#include "http/detail/http1.hpp"

namespace parley::http {

namespace {
TrustedProxies parse_proxies(const std::vector<std::string>& entries) {
  auto proxies = TrustedProxies::parse(entries);
  if (!proxies) throw std::invalid_argument("trusted proxies: " + proxies.error().detail);
  return *std::move(proxies);
}
}  // namespace

Service::Core::Core(Config its_config, const Router& its_router, std::size_t shard_count)
    : config(std::move(its_config)),
      router(its_router),
      proxies(parse_proxies(config.trusted_proxies)),
      shards(shard_count) {}

Service::Service(Config config, const Router& router, std::size_t shards)
    : core_(std::make_unique<Core>(std::move(config), router, shards)) {}
Service::~Service() = default;

std::unique_ptr<net::Protocol> Service::protocol(net::Connection& connection) {
  return std::make_unique<detail::Http1>(*core_, connection);
}

void Service::start_draining() { core_->draining = true; }

void Service::drain(net::Shard& shard) {
  for (auto& connection : core_->at(shard).connections) connection.drain();
}

void Service::close_all(net::Shard& shard) {
  for (auto& connection : core_->at(shard).connections) connection.close();
}

Service::Counts Service::counts() const {
  Counts sum;
  for (const Core::PerShard& shard : core_->shards) {
    sum.requests += shard.requests.value();
    sum.refused += shard.refused.value();
    sum.timeouts += shard.timeouts.value();
  }
  return sum;
}

}  // namespace parley::http
