#pragma once

#include <vector>

#include "base/result.hpp"
#include "jobs/queue.hpp"

namespace parley::jobs {

/// What Producer promises to refuse: bad options, a bad name, data that is not JSON, a batch above
/// max_batch.
Result<Done> check(const std::vector<NewJob>& jobs);

}  // namespace parley::jobs
