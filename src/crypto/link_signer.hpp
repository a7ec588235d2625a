#pragma once

#include <string>

#include "chat/ports/credentials.hpp"

namespace parley::crypto {

/// Links signed as JWT with HS256, each use with a key of its own, which HMAC-SHA-256 derives from
/// one secret. Immutable: any thread. Claims on the wire: userId, exp, st.
class LinkSigner final : public chat::LinkSigner {
 public:
  /// `secret` is not empty; it may be one that has other uses.
  explicit LinkSigner(const std::string& secret);

  std::string sign(chat::LinkUse use, const chat::LinkClaims& claims) const override;
  Result<chat::LinkClaims> verify(chat::LinkUse use, const std::string& token,
                                  Time now) const override;
  /// 22 characters of base64url: the first half of a keyed hash.
  std::string fingerprint(std::string_view text) const override;

 private:
  const std::string& key(chat::LinkUse use) const;

  std::string reset_key_, verify_key_, unsubscribe_key_, fingerprint_key_;
};

}  // namespace parley::crypto
