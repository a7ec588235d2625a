#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>

#include "base/task.hpp"
#include "engineio/neighbours.hpp"
#include "http/relay.hpp"
#include "nodes/directory.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// Brings requests of clients whose session lives on another node to that node.
class Forwarding final : public engineio::Neighbours {
 public:
  Forwarding(net::Shards& shards, nodes::Directory& directory, const Settings& settings);

  void forward(engineio::NodeNumber node, std::shared_ptr<http::Exchange> exchange,
               http::Relays::Refuse refuse) override;

  /// Nothing is forwarded from now on; what is under way ends, spread over `jitter`. Any thread.
  void drain(std::chrono::milliseconds jitter) { relays_.drain(jitter); }

 private:
  Task<void> find_and_relay(engineio::NodeNumber node, std::shared_ptr<http::Exchange> exchange,
                            http::Relays::Refuse refuse);

  nodes::Directory& directory_;
  http::Relays relays_;
};

/// Requests and tunnels that may be under way where there are so many places. Each takes two, and
/// of three quarters of them at most: nobody here knows whose they are.
constexpr std::size_t most_forwarded(std::size_t places) {
  return std::max<std::size_t>(1, places * 3 / 8);
}

}  // namespace parley::app
