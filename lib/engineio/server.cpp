#include "engineio/server.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "engineio/endpoint.hpp"
#include "engineio/registry.hpp"
#include "engineio/session_id.hpp"

namespace parley::engineio {
namespace {

std::vector<net::Shard*> all_of(net::Shards& shards) {
  std::vector<net::Shard*> out;
  for (const auto& shard : shards) out.push_back(shard.get());
  return out;
}

std::uint64_t unsigned_value(const Counters::Count& count) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count.value(), 0));
}

/// Adds to the entry of that name, or makes it: two reasons may share the upstream's word.
void add(std::vector<std::pair<std::string, std::uint64_t>>& out, std::string_view name,
         std::uint64_t amount) {
  const auto found = std::ranges::find(out, name, &std::pair<std::string, std::uint64_t>::first);
  if (found == out.end()) {
    out.emplace_back(name, amount);
  } else {
    found->second += amount;
  }
}

/// A reason's name among the counts, where "slow consumer" is told from other transport errors.
std::string_view count_name(CloseReason reason) {
  return reason == CloseReason::slow_consumer ? "slow consumer" : to_string(reason);
}

}  // namespace

Server::Server(net::Shards& shards, Config config, Application& application)
    : Server(all_of(shards), std::move(config), application) {}

Server::Server(const std::vector<net::Shard*>& shards, Config config, Application& application)
    : core_(std::make_shared<Core>(std::move(config), application)) {
  if (shards.size() > max_shards)
    throw std::invalid_argument{"a session id names at most 4096 shards"};
  for (net::Shard* shard : shards)
    core_->registries.push_back(std::make_shared<Registry>(*shard, core_->common));
}

Server::~Server() {
  for (const auto& registry : core_->registries) registry->clear();
}

std::shared_ptr<http::Endpoint> Server::endpoint() { return std::make_shared<Endpoint>(core_); }

const Config& Server::config() const { return core_->common.config; }

void Server::close_all(CloseReason reason, std::chrono::milliseconds jitter) {
  for (const auto& registry : core_->registries) {
    registry->shard().post(
        [core = core_, registry, reason, jitter] { registry->drain(reason, jitter); });
  }
}

Server::Counts Server::counts() const {
  Counts out;
  for (const auto& registry : core_->registries) {
    const Counters& counters = registry->counters();
    out.polling += unsigned_value(counters.polling);
    out.websocket += unsigned_value(counters.websocket);
    out.opened += unsigned_value(counters.opened);
    out.upgraded += unsigned_value(counters.upgraded);
    out.displaced += unsigned_value(counters.displaced);
    out.packets_in += unsigned_value(counters.packets_in);
    out.packets_out += unsigned_value(counters.packets_out);
    for (std::size_t i = 0; i < close_reason_count; ++i) {
      add(out.closed, count_name(static_cast<CloseReason>(i)), unsigned_value(counters.closed[i]));
    }
    for (std::size_t i = 0; i < refusal_count; ++i) {
      add(out.rejected, name_of(static_cast<Refusal>(i)), unsigned_value(counters.refused[i]));
    }
    add(out.rejected, "too_large", unsigned_value(counters.too_large));
    add(out.rejected, "overfull", unsigned_value(counters.overfull));
    add(out.rejected, "not_forwarded", unsigned_value(counters.not_forwarded));
  }
  return out;
}

}  // namespace parley::engineio
