#pragma once

#include <string>
#include <utility>

#include "chat/ports/credentials.hpp"

namespace parley::crypto {

/// JWT with HS256 and nothing else. Claims on the wire: userId, iat, exp, jti, sid; the Node
/// original's tokens have the first three. Immutable: any thread.
class JwtSigner final : public chat::TokenSigner {
 public:
  struct Secrets {
    std::string access;
    std::string refresh;
  };
  /// Neither secret is empty; how long they must be is for the configuration to say.
  explicit JwtSigner(Secrets secrets) : secrets_(std::move(secrets)) {}

  std::string sign(chat::TokenUse use, const chat::Claims& claims) const override;
  Result<chat::Claims> verify(chat::TokenUse use, const std::string& token,
                              Time now) const override;
  /// 24 hex digits, as of an id.
  std::string successor(const std::string& token_id) const override;

 private:
  const std::string& secret(chat::TokenUse use) const;

  Secrets secrets_;
};

}  // namespace parley::crypto
