#pragma once

#include <string>

namespace parley::mail::testing {

/// Writes a fresh self-signed certificate for 127.0.0.1 and localhost, good for a day, and its key,
/// as PEM. Throws std::runtime_error.
void write_certificate(const std::string& certificate_file, const std::string& key_file);

}  // namespace parley::mail::testing
