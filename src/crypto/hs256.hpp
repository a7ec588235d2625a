#pragma once

#include <jwt.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"

/// What both signers need of libjwt. Source: RFC 7519, RFC 7515.
namespace parley::crypto::hs256 {

struct Free {
  void operator()(jwt_t* token) const { jwt_free(token); }
  void operator()(char* text) const { std::free(text); }
};
using Token = std::unique_ptr<jwt_t, Free>;

/// Empty, to be signed with `secret`. Throws std::bad_alloc, as `encode` does.
Token begin(const std::string& secret);
void add(Token& token, const char* claim, const std::string& value);
void add(Token& token, const char* claim, Time value);
std::string encode(const Token& token);

/// Genuine and HS256, or nullptr.
Token decode(const std::string& token, const std::string& secret);
/// A time in whole seconds; nullopt when it is absent or out of range. What is no integer counts as
/// 0: libjwt does not tell.
std::optional<Time> seconds(const Token& token, const char* claim);
/// The token has no `nbf`, or one that is not after `now` (RFC 7519 section 4.1.5).
bool has_begun(const Token& token, Time now);

}  // namespace parley::crypto::hs256
