#pragma once

#include "settings/settings.hpp"

namespace parley::app {

/// Builds the server from `settings` (secrets included) and runs it until SIGTERM or SIGINT has
/// drained it. Gives an exit code: 0 after an orderly end, 1 when it could not start or did not end
/// in order.
int serve(const Settings& settings);

}  // namespace parley::app
