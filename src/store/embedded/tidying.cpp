#include "store/embedded/tidying.hpp"

#include <utility>

namespace parley::store::embedded {

std::optional<int> Tidying::look(std::uint64_t batches) {
  const bool is_quiet = batches - std::exchange(seen_, batches) <= few_batches;
  quiet_ = is_quiet ? quiet_ + 1 : 0;
  const int tables = quiet_ >= quiet_intervals ? at_rest : under_load;
  if (std::exchange(tables_, tables) == tables) return std::nullopt;
  return tables;
}

}  // namespace parley::store::embedded
