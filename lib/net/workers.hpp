#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>

#include "base/result.hpp"
#include "base/task.hpp"

namespace parley::net {

/// A bounded pool of threads for work that blocks or computes long (password hashes, disk reads).
class Workers {
 public:
  struct Config {
    std::size_t threads = 1;
    std::size_t max_queued = 64;  ///< Calls that wait for a thread; one more is refused with `overloaded`.
  };
  explicit Workers(Config config);
  /// Finishes what is queued, then joins.
  ~Workers();

  /// Runs `work` (a callable that gives Result<T>) on a pool thread and resumes the caller on its own
  /// shard. Errors: overloaded when the queue is full; else what `work` gives.
  template <class Work>
  Task<std::invoke_result_t<Work>> run(Work work);

  std::size_t queued() const;
};

}  // namespace parley::net
