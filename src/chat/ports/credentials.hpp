#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// bcrypt, off the shard. hash and verify: overloaded when the bounded queue is full. verify:
/// corrupt where `hash` is none.
class PasswordHasher {
 public:
  virtual ~PasswordHasher() = default;
  virtual Task<Result<std::string>> hash(std::string password) = 0;
  virtual Task<Result<bool>> verify(std::string password, std::string hash) = 0;
  /// A hash of nobody's password, which takes as long to verify as one that `hash` makes: what an
  /// unknown address is checked against.
  virtual std::string nobodys_hash() const = 0;
};

/// What a token says. Source: RFC 7519.
struct Claims {
  UserId user;
  std::optional<FamilyId> family;  ///< `sid`; absent in tokens of the Node original.
  std::string token_id;            ///< `jti`; empty in tokens of the original.
  Time issued_at;                  ///< Whole seconds.
  Time expires_at;                 ///< Whole seconds.
};

enum class TokenUse { access, refresh };

/// JWT, HS256 and nothing else, one secret per use. Plain functions: about a microsecond, any
/// thread.
class TokenSigner {
 public:
  virtual ~TokenSigner() = default;
  virtual std::string sign(TokenUse use, const Claims& claims) const = 0;
  /// unauthorized: malformed, another algorithm, bad signature, no such claims, or expired at
  /// `now`.
  virtual Result<Claims> verify(TokenUse use, const std::string& token, Time now) const = 0;
  /// The `jti` of the refresh token that follows that one. Nobody else can tell it.
  virtual std::string successor(const std::string& token_id) const = 0;
};

/// What a link in a mail is good for.
enum class LinkUse { reset_password, verify_email, unsubscribe };

struct LinkClaims {
  UserId user;
  std::string state;  ///< Fingerprint of what the link changes; empty where it may be used again.
  Time expires_at;    ///< Whole seconds.
};

/// Signs what links carry; a signature is good for one use only. Plain functions: any thread.
class LinkSigner {
 public:
  virtual ~LinkSigner() = default;
  /// Safe in a URL.
  virtual std::string sign(LinkUse use, const LinkClaims& claims) const = 0;
  /// unauthorized: malformed, of another use, bad signature, or expired at `now`.
  virtual Result<LinkClaims> verify(LinkUse use, const std::string& token, Time now) const = 0;
  /// Tells whether two texts are equal, and nothing else about them. Safe in a URL.
  virtual std::string fingerprint(std::string_view text) const = 0;
};

}  // namespace parley::chat
