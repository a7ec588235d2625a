#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/single_writer.hpp"
#include "net/connection.hpp"
#include "net/shard.hpp"

namespace parley::net::detail {

/// What the connections of one listener do on one shard.
struct alignas(64) ShardCounts {
  SingleWriter<std::uint64_t> refused, displaced, slow_consumers, bytes_in, bytes_out, sends,
      receives;
  SingleWriter<std::int64_t> expendable;  ///< Open and may be closed to make room.
};

/// Where connections come from: what all connections of a listener share, on every shard. Every
/// poller that ever had one of them keeps it, so a connection refers to it without owning it.
struct Origin : std::enable_shared_from_this<Origin> {
  /// Beyond the limit: newcomers for whom somebody elsewhere is yet to go.
  static constexpr std::uint64_t most_leaving = 256;

  /// `its_shards` outlive it.
  Origin(ConnectionLimits its_limits, Shards& its_shards,
         std::function<std::unique_ptr<Protocol>(Connection&)> first_protocol);

  /// Counts one more as open, for `shard`, be it in the place of another. False, and counted as
  /// refused: there is no place for it. On that shard.
  bool take_place(Shard& shard);

  const ConnectionLimits limits;
  const std::function<std::unique_ptr<Protocol>(Connection&)> accept;
  std::vector<ShardCounts> counts;
  Shards& shards;
  std::atomic<bool> accepting{true};
  std::atomic<std::uint64_t> arriving{0};  ///< On their way to their shards.
  std::atomic<std::uint64_t> open{0};      ///< Places that are taken.

 private:
  std::optional<std::size_t> most_expendable() const;
  bool make_room(Shard& shard);
};

}  // namespace parley::net::detail
