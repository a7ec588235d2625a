#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "chat/ports/credentials.hpp"

namespace parley::chat::fakes {

/// A PasswordHasher that costs nothing and counts its work. Any thread.
class PlainHasher final : public PasswordHasher {
 public:
  Task<Result<std::string>> hash(std::string password) override;
  Task<Result<bool>> verify(std::string password, std::string hash) override;
  std::string nobodys_hash() const override { return "nobody's"; }

  std::atomic<int> verified = 0;         ///< Calls of verify so far.
  std::atomic<bool> overloaded = false;  ///< True: every call is refused.
};

/// A TokenSigner that writes the claims down; a token is genuine when this signer made it. Any
/// thread.
class LedgerSigner final : public TokenSigner {
 public:
  std::string sign(TokenUse use, const Claims& claims) const override;
  Result<Claims> verify(TokenUse use, const std::string& token, Time now) const override;
  std::string successor(const std::string& token_id) const override { return token_id + '+'; }

 private:
  mutable std::mutex mutex_;
  mutable std::set<std::string> made_;
};

/// A LinkSigner that writes the claims down, as LedgerSigner does. Any thread.
class LedgerLinks final : public LinkSigner {
 public:
  std::string sign(LinkUse use, const LinkClaims& claims) const override;
  Result<LinkClaims> verify(LinkUse use, const std::string& token, Time now) const override;
  std::string fingerprint(std::string_view text) const override;

 private:
  struct Made {
    LinkUse use;
    LinkClaims claims;
  };
  mutable std::mutex mutex_;
  mutable std::vector<Made> made_;  ///< A token is `link-` and the place in here.
};

}  // namespace parley::chat::fakes
