#include "net/detail/origin.hpp"

#include <algorithm>
#include <utility>

#include "net/detail/poller.hpp"

namespace parley::net::detail {

Origin::Origin(ConnectionLimits its_limits, Shards& its_shards,
               std::function<std::unique_ptr<Protocol>(Connection&)> first_protocol)
    : limits(its_limits),
      accept(std::move(first_protocol)),
      counts(its_shards.size()),
      shards(its_shards) {}

bool Origin::take_place(Shard& shard) {
  const std::uint64_t before = open++;
  if (before < limits.max_connections) return true;
  const bool may_exceed = before < limits.max_connections + most_leaving;
  if (may_exceed && make_room(shard)) return true;
  --open;
  counts[shard.index()].refused.add();
  return false;
}

/// The shard with most of those who may be closed to make room; nullopt: there are none.
std::optional<std::size_t> Origin::most_expendable() const {
  const auto most = std::ranges::max_element(
      counts, {}, [](const ShardCounts& shard) { return shard.expendable.value(); });
  if (most == counts.end() || most->expendable.value() == 0) return std::nullopt;
  return static_cast<std::size_t>(most - counts.begin());
}

/// Who goes is of the shard with most who may: else all who come to another one would go in the
/// place of one another.
bool Origin::make_room(Shard& shard) {
  const auto place = most_expendable();
  if (!place) return false;
  Shard& crowded = shards[*place];
  if (&crowded == &shard) return shard.poller().make_room(*this);
  crowded.post([&crowded, self = shared_from_this()] { crowded.poller().make_room(*self); });
  return true;
}

}  // namespace parley::net::detail
