#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "net/workers.hpp"
#include "store/embedded/committer.hpp"
#include "store/embedded/config.hpp"
#include "store/embedded/engine.hpp"
#include "store/embedded/liveness.hpp"
#include "store/embedded/stats.hpp"
#include "store/embedded/submit.hpp"
#include "store/embedded/tidying.hpp"

namespace parley::store::embedded {

/// What the adapters share. Members are destroyed from the last to the first: the readers end, then
/// the committer, then RocksDB.
struct Internals {
  Internals(Config settings, std::unique_ptr<Engine> opened);

  Config config;
  std::unique_ptr<Engine> engine;
  Stats stats;
  Liveness liveness;
  Tidying tidying;
  Committer committer;
  net::Workers readers;
};

/// Runs `work`, which gives Result<T> for a View, on a reader thread; resumes the caller on its own
/// executor. A read that failed takes the place of the result. Errors: overloaded.
template <class Work>
Task<std::invoke_result_t<Work, View&>> read(Internals& internals, Work work) {
  internals.stats.reads.fetch_add(1, std::memory_order_relaxed);
  auto job = [&internals, work = std::move(work)]() mutable -> std::invoke_result_t<Work, View&> {
    View view(*internals.engine);
    auto result = work(view);
    if (view.error()) return *view.error();
    return result;
  };
  return internals.readers.run(std::move(job));
}

/// What an operation answers: what went wrong while reading, or `otherwise`.
inline Error refuse(const Rows& rows, Errc otherwise, const char* detail) {
  return rows.error() ? *rows.error() : fail(otherwise, detail);
}

}  // namespace parley::store::embedded
