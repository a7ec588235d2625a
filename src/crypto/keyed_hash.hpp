#pragma once

#include <string>
#include <string_view>

namespace parley::crypto {

/// HMAC-SHA-256: 32 bytes. Throws std::bad_alloc. Source: RFC 2104.
std::string keyed_hash(const std::string& key, std::string_view text);

}  // namespace parley::crypto
