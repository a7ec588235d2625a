#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace parley::app {

/// Whether root may write into `data`: where it is another user's, the server could not open
/// afterwards what root has made. forbidden, and who to be instead.
Result<Done> check_owner(const std::filesystem::path& data);

}  // namespace parley::app
