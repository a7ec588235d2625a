#include "app/forwarding.hpp"

#include <utility>

#include "http/relay.hpp"

namespace parley::app {

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
    http::relay(std::move(exchange), *upstream, std::move(refuse));
  }
}

}  // namespace parley::app
