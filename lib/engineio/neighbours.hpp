#pragma once

#include <cstdint>
#include <memory>

#include "http/exchange.hpp"
#include "http/relay.hpp"

namespace parley::engineio {

/// Names a server of a cluster in the ids of its sessions: 24 bits, chosen at random by each
/// process.
using NodeNumber = std::uint32_t;
inline constexpr NodeNumber max_node_number = (1u << 24) - 1;

/// The way to the other servers of a cluster, for requests that a balancer brought to the wrong
/// one.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  /// Lets `node`, which is another one, answer. `refuse` is called instead when it does not; both
  /// on the exchange's shard, where this is called too. The request's body has been read.
  virtual void forward(NodeNumber node, std::shared_ptr<http::Exchange> exchange,
                       http::Relays::Refuse refuse) = 0;
};

}  // namespace parley::engineio
