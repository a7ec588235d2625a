#pragma once

#include <span>

#include "store/mongo/load.hpp"

namespace parley::store::mongo {

/// The conversations as `viewer` sees them in a list, in that order: reads their last messages in
/// one command.
Result<std::vector<chat::Summary>> summarize(Lease& lease, std::span<const Head> heads,
                                             chat::UserId viewer);

}  // namespace parley::store::mongo
