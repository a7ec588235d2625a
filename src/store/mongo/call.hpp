#pragma once

#include <type_traits>
#include <utility>

#include "net/workers.hpp"
#include "store/mongo/client.hpp"

namespace parley::store::mongo {

/// Runs `work`, which gives Result<T> for a Lease&, on a pool thread with a connection of its own;
/// resumes the caller on its own shard. Errors: overloaded, and what `work` gives.
template <class Work>
Task<std::invoke_result_t<Work&, Lease&>> call(net::Workers& workers, Client& client, Work work) {
  auto job = [&client, work = std::move(work)]() mutable -> std::invoke_result_t<Work&, Lease&> {
    auto lease = client.lease();
    if (!lease) return std::move(lease).error();
    return work(*lease);
  };
  return workers.run(std::move(job));
}

}  // namespace parley::store::mongo
