#pragma once

#include "settings/settings.hpp"
#include "store/embedded/config.hpp"

namespace parley::app {

/// Where the embedded store of a data directory is, and how it is set.
store::embedded::Config store_config(const Settings& settings);

}  // namespace parley::app
