#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "net/workers.hpp"
#include "store/mongo/call.hpp"
#include "store/mongo/context.hpp"
#include "store/mongo/writer.hpp"

namespace parley::store::mongo {

/// What the adapters share. Members are destroyed from the last to the first: the readers end, then
/// the writer, then the connections.
struct Internals {
  Internals(StoreConfig settings, std::unique_ptr<Client> opened)
      : client(std::move(opened)),
        context(std::move(settings), client->clock()),
        writer(context, *client),
        readers({context.config.readers, context.config.max_queued_reads}) {}

  std::unique_ptr<Client> client;
  Context context;
  Writer writer;
  net::Workers readers;
};

/// Runs `work`, which gives Result<T> for a Lease&, on a reader thread; resumes the caller on its
/// own executor. Errors: overloaded, and what `work` gives.
template <class Work>
Task<std::invoke_result_t<Work&, Lease&>> read(Internals& internals, Work work) {
  internals.context.stats.reads.fetch_add(1, std::memory_order_relaxed);
  return call(internals.readers, *internals.client, std::move(work));
}

}  // namespace parley::store::mongo
