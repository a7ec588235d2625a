#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/object_id.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/bars.hpp"
#include "chat/ports/credentials.hpp"
#include "chat/ports/session_store.hpp"

namespace parley::chat {

struct TokenPair {
  FamilyId family;
  std::string access;
  std::string refresh;
};

/// A login that has ended.
struct Revoked {
  UserId user;
  FamilyId family;

  friend bool operator==(const Revoked&, const Revoked&) = default;
};

struct SessionSettings {
  std::chrono::seconds access_ttl{15 * 60};  ///< How long a stolen access token is of use.
  /// How long a device may stay away and still be logged in.
  std::chrono::seconds refresh_ttl{7 * 24 * 60 * 60};
  /// How long after a refresh the same call gives the same refresh token again; 0: never.
  std::chrono::seconds leeway{};
};

/// Logins: families of rotating refresh tokens, and access tokens that name their family (`sid`).
/// Keeps nothing itself: any shard may call it. Its ports outlive it. Every refusal of a token is
/// unauthorized `Invalid token`, whatever its cause.
class Sessions {
 public:
  /// `bars`: whose tokens are refused; nullptr: nobody's.
  Sessions(SessionStore& store, const TokenSigner& signer, ObjectIdSource& ids,
           SessionSettings settings, Bars* bars = nullptr);

  /// A new family: the user has proved who they are.
  Task<Result<TokenPair>> open(UserId user, Time now);

  /// The next pair of the family. A token that was rotated before revokes the family (reuse), but
  /// for the last one within the leeway. A
  /// token of the Node original, which names no family, is good once, and not when it is from
  /// before an end of all logins of its user: it opens one that is derived from its claims.
  Task<Result<TokenPair>> refresh(std::string refresh_token, Time now);

  /// Revokes the token's family and names it, so that its sockets can be closed. Any genuine token
  /// of the family does, rotated or not.
  Task<Result<Revoked>> logout(std::string refresh_token, Time now);
  Task<Result<std::vector<FamilyId>>> logout_all(UserId user);

  /// Refuses the access tokens of a login that has ended (nullopt: of all that the user had, by
  /// their seconds), which would outlive it by access_ttl. Other processes, and this one's
  /// successor, learn it from the store. Any thread.
  void end(UserId user, std::optional<FamilyId> family, Time now);
  /// The same for several.
  void end(UserId user, const std::vector<FamilyId>& families, Time now);

  /// Plain: no store is asked.
  Result<Claims> authenticate(const std::string& access_token, Time now) const;
  /// Whether such a token, accepted before, is refused by now, however long it is good.
  bool is_barred(const Claims& access) const;

 private:
  Claims next_claims(UserId user, FamilyId family, std::chrono::seconds ttl, Time now);
  TokenPair sign(const Claims& refresh, Time now);
  Result<Claims> verify(TokenUse use, const std::string& token, Time now) const;
  /// Opens the family of an original's token; revokes it when that happened before, or when all
  /// logins of the user have ended since.
  Task<Result<Done>> adopt(Family family, Time issued_at);

  SessionStore& store_;
  const TokenSigner& signer_;
  ObjectIdSource& ids_;
  SessionSettings settings_;
  Bars* bars_;
};

/// The family of a refresh token that names none: the same token always gives the same one.
FamilyId family_of_original(const Claims& claims);

}  // namespace parley::chat
