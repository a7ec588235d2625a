#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// What is wrong with the secrets as they were given: sentences without the secrets themselves.
struct SecretFindings {
  std::vector<std::string> problems;  ///< The start is refused.
  std::vector<std::string> warnings;
};

/// Production: both secrets set, at least 32 bytes, and different. Elsewhere a missing secret is
/// fine (provide_secrets makes it), fewer than 16 bytes are refused and fewer than 32, or equal
/// ones, warned of.
SecretFindings check_secrets(const Settings& settings);

/// Fills in the secrets that are not set from DATA_DIR/secrets, and makes that file when it is
/// absent: mode 0600, two lines `NAME=value`, each 32 random bytes in base64url. DATA_DIR itself is
/// made with mode 0700. Two starts at once agree on one file. No disk is touched when both secrets
/// are set. Errors: forbidden when others can read the file or it is not ours; corrupt;
/// unavailable.
Result<Done> provide_secrets(Settings& settings);

}  // namespace parley::app
