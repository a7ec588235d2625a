#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include "chat/ports/credentials.hpp"

namespace parley::chat::fakes {

/// A PasswordHasher that costs nothing and counts its work. Any thread.
class PlainHasher final : public PasswordHasher {
 public:
  Task<Result<std::string>> hash(std::string password) override;
  Task<Result<bool>> verify(std::string password, std::string hash) override;

  std::atomic<int> verified = 0;         ///< Calls of verify so far.
  std::atomic<bool> overloaded = false;  ///< True: every call is refused.
};

/// A TokenSigner that writes the claims down; a token is genuine when this signer made it. Any
/// thread.
class LedgerSigner final : public TokenSigner {
 public:
  std::string sign(TokenUse use, const Claims& claims) const override;
  Result<Claims> verify(TokenUse use, const std::string& token, Time now) const override;

 private:
  mutable std::mutex mutex_;
  mutable std::set<std::string> made_;
};

}  // namespace parley::chat::fakes
