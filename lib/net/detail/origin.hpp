#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/single_writer.hpp"
#include "net/connection.hpp"

namespace parley::net::detail {

/// What the connections of one listener do on one shard.
struct alignas(64) ShardCounts {
  SingleWriter<std::uint64_t> refused, displaced, slow_consumers, bytes_in, bytes_out, sends,
      receives;
};

/// Where connections come from: what all connections of a listener share, on every shard. Every
/// poller that ever had one of them keeps it, so a connection refers to it without owning it.
struct Origin {
  Origin(ConnectionLimits its_limits, std::size_t shards,
         std::function<std::unique_ptr<Protocol>(Connection&)> first_protocol)
      : limits(its_limits), accept(std::move(first_protocol)), counts(shards) {}

  const ConnectionLimits limits;
  const std::function<std::unique_ptr<Protocol>(Connection&)> accept;
  std::vector<ShardCounts> counts;
  std::atomic<bool> accepting{true};
  std::atomic<std::uint64_t> arriving{0};  ///< On their way to their shards.
  std::atomic<std::uint64_t> open{0};
};

}  // namespace parley::net::detail
