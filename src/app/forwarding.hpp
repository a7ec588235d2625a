#pragma once

#include "base/task.hpp"
#include "engineio/neighbours.hpp"
#include "http/relay.hpp"
#include "nodes/directory.hpp"

namespace parley::app {

/// Brings requests of clients whose session lives on another node to that node.
class Forwarding final : public engineio::Neighbours {
 public:
  /// `ping_interval`: polls are parked for as long.
  Forwarding(nodes::Directory& directory, std::chrono::milliseconds ping_interval);

  void forward(engineio::NodeNumber node, std::shared_ptr<http::Exchange> exchange,
               std::function<void(http::Exchange&)> refuse) override;

 private:
  Task<void> find_and_relay(engineio::NodeNumber node, std::shared_ptr<http::Exchange> exchange,
                            std::function<void(http::Exchange&)> refuse);

  nodes::Directory& directory_;
  http::RelayLimits limits_;
};

}  // namespace parley::app
