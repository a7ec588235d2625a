#include "app/forwarding.hpp"

#include <algorithm>
#include <utility>

namespace parley::app {

Forwarding::Forwarding(nodes::Directory& directory, std::chrono::milliseconds ping_interval)
    : directory_(directory) {
  limits_.answer_timeout = std::max(limits_.answer_timeout, 2 * ping_interval);
}

void Forwarding::forward(engineio::NodeNumber node, std::shared_ptr<http::Exchange> exchange,
                         std::function<void(http::Exchange&)> refuse) {
  net::Shard& shard = exchange->connection().shard();
  shard.spawn("forward a request", find_and_relay(node, std::move(exchange), std::move(refuse)));
}

Task<void> Forwarding::find_and_relay(engineio::NodeNumber node,
                                      std::shared_ptr<http::Exchange> exchange,
                                      std::function<void(http::Exchange&)> refuse) {
  const auto upstream = co_await directory_.find(node);
  if (!exchange->is_open()) co_return;
  if (!upstream) {
    refuse(*exchange);
  } else {
    http::relay(std::move(exchange), *upstream, std::move(refuse), limits_);
  }
}

}  // namespace parley::app
