#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/ids.hpp"
#include "base/time.hpp"

namespace parley::chat {

/// A login on one device: a chain of refresh tokens of which only the newest is good.
struct Family {
  FamilyId id;
  UserId user;
  std::string token_id;  ///< `jti` of the newest refresh token.
  Time expires_at;       ///< Of the newest token; kept until then, then forgotten.
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;

  virtual Task<Result<Done>> open(Family family) = 0;
  /// Replaces `presented` by `next` (same id), atomically: of two at once one wins. unauthorized when the family is
  /// unknown, revoked or expired, and when `presented` is no longer its newest token; in that last case the
  /// family is revoked by this call (reuse detection).
  virtual Task<Result<Done>> rotate(Family next, std::string presented, Time now) = 0;
  /// Nothing happens when it is unknown.
  virtual Task<Result<Done>> revoke(FamilyId id) = 0;
  virtual Task<Result<std::vector<FamilyId>>> revoke_all(UserId user) = 0;
};

}  // namespace parley::chat
