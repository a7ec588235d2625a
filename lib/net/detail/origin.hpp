#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/single_writer.hpp"
#include "net/connection.hpp"

namespace parley::net::detail {

/// What the connections of one listener do on one shard.
struct alignas(64) ShardCounts {
  SingleWriter<std::uint64_t> refused, displaced, slow_consumers, bytes_in, bytes_out, sends,
      receives;
  SingleWriter<std::int64_t> expendable;  ///< Open and may be closed to make room.
};

/// Where connections come from: what all connections of a listener share, on every shard. Every
/// poller that ever had one of them keeps it, so a connection refers to it without owning it.
struct Origin {
  /// Beyond the limit: newcomers for whom somebody elsewhere is yet to go.
  static constexpr std::uint64_t most_leaving = 256;

  Origin(ConnectionLimits its_limits, std::size_t shards,
         std::function<std::unique_ptr<Protocol>(Connection&)> first_protocol)
      : limits(its_limits), accept(std::move(first_protocol)), counts(shards) {}

  const ConnectionLimits limits;
  const std::function<std::unique_ptr<Protocol>(Connection&)> accept;
  std::vector<ShardCounts> counts;
  std::atomic<bool> accepting{true};
  /// The shard with most of those who may be closed to make room; nullopt: there are none.
  std::optional<std::size_t> most_expendable() const {
    const auto most = std::ranges::max_element(
        counts, {}, [](const ShardCounts& shard) { return shard.expendable.value(); });
    if (most == counts.end() || most->expendable.value() == 0) return std::nullopt;
    return static_cast<std::size_t>(most - counts.begin());
  }

  std::atomic<std::uint64_t> arriving{0};  ///< On their way to their shards.
  std::atomic<std::uint64_t> open{0};
};

}  // namespace parley::net::detail
