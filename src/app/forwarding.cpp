#include "app/forwarding.hpp"

#include <algorithm>
#include <utility>

namespace parley::app {

namespace {

http::RelayLimits relay_limits(const Settings& settings) {
  http::RelayLimits limits;
  // Polls are parked for as long as nobody pings.
  limits.answer_timeout = std::max(limits.answer_timeout, 2 * settings.realtime.ping_interval);
  limits.max_under_way = most_forwarded(settings.limits.max_connections);
  return limits;
}

}  // namespace

Forwarding::Forwarding(net::Shards& shards, nodes::Directory& directory, const Settings& settings)
    : directory_(directory), relays_(shards, relay_limits(settings)) {}

void Forwarding::forward(engineio::NodeNumber node, std::shared_ptr<http::Exchange> exchange,
                         http::Relays::Refuse refuse) {
  net::Connection& connection = exchange->connection();
  // Until it is known that there is such a node: as whoever has not said anything yet.
  connection.set_expendable(true);
  connection.shard().spawn("forward a request",
                           find_and_relay(node, std::move(exchange), std::move(refuse)));
}

Task<void> Forwarding::find_and_relay(engineio::NodeNumber node,
                                      std::shared_ptr<http::Exchange> exchange,
                                      http::Relays::Refuse refuse) {
  const auto upstream = co_await directory_.find(node);
  if (!exchange->is_open()) co_return;
  exchange->connection().set_expendable(false);
  if (!upstream) {
    refuse(*exchange, http::NotRelayed::unanswered);
  } else {
    relays_.relay(std::move(exchange), *upstream, std::move(refuse));
  }
}

}  // namespace parley::app
