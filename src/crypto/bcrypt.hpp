#pragma once

#include <string>

#include "base/result.hpp"

namespace parley::crypto {

/// False for what bcrypt would not see whole: over 72 bytes, or a NUL inside.
bool fits_bcrypt(const std::string& password);

/// `$2b$…`, 60 characters, with a fresh salt. Blocks for 2^cost rounds. bad_request when it does
/// not fit.
Result<std::string> bcrypt_hash(const std::string& password, unsigned cost);

/// Blocks as long as the hash's cost says, even for a password that does not fit (false). corrupt
/// when `hash` is no bcrypt hash.
Result<bool> bcrypt_verify(const std::string& password, const std::string& hash);

}  // namespace parley::crypto
