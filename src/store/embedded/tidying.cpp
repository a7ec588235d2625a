#include "store/embedded/tidying.hpp"

#include <utility>

namespace parley::store::embedded {

int Tidying::look(std::uint64_t batches) {
  const bool is_quiet = batches - std::exchange(seen_, batches) <= few_batches;
  quiet_ = is_quiet ? quiet_ + 1 : 0;
  return quiet_ >= quiet_intervals ? at_rest : under_load;
}

}  // namespace parley::store::embedded
