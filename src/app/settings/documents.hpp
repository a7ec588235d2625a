#pragma once

#include <string>

#include "settings/load.hpp"

namespace parley::app {

/// docs/config.md: every setting with its meaning, as tables.
std::string reference_document();

/// docs/parley.sample.conf: a config file in which every setting stands as a comment with its
/// default.
std::string sample_document();

/// The settings in force as a config file, each with its source; a secret only as "set" or "unset".
std::string settings_in_force(const Loaded& loaded);

}  // namespace parley::app
