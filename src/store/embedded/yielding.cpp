#include "store/embedded/yielding.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "store/embedded/engine.hpp"

namespace parley::store::embedded {

namespace {
/// On Linux a nice value is the thread's own. Raising it needs no privilege; a refusal changes
/// nothing but the latency.
void yield() {
  constexpr int lowest = 19;
  static thread_local bool done = false;
  if (done) return;
  done = true;
  count_nothing();
  ::setpriority(PRIO_PROCESS, 0,
                std::min(lowest, ::getpriority(PRIO_PROCESS, 0) + Yielding::steps));
}
}  // namespace

void Yielding::OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) { yield(); }
void Yielding::OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) { yield(); }

}  // namespace parley::store::embedded
