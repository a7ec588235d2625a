#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// A login on one device: a chain of refresh tokens of which only the newest is good.
struct Family {
  FamilyId id;
  UserId user;
  std::string token_id;  ///< `jti` of the newest refresh token.
  /// The latest of all its tokens; the family is kept until then, then forgotten.
  Time expires_at;

  friend bool operator==(const Family&, const Family&) = default;
};

/// A refresh token that somebody shows.
struct Presented {
  std::string token_id;  ///< Its `jti`.
  Time now;              ///< What its family's expiry is judged by.
  /// How long the direct predecessor of the newest token does no harm: its answer may have been
  /// lost.
  std::chrono::seconds leeway{};
};

/// Was `next`, the successor of a token that is shown again, made of it no longer than that ago?
inline bool is_repeat(const Family& known, const Family& next, std::chrono::seconds leeway) {
  const auto ago = std::chrono::abs(next.expires_at - known.expires_at);
  return leeway.count() > 0 && known.token_id == next.token_id && ago <= leeway;
}

/// Tokens of the Node original name no family. All that a user has of them count as one, whose id
/// is the user's own and which is never open: they end when all of the user's logins do.
inline FamilyId originals_of(UserId user) { return FamilyId{user.bytes}; }

/// The longest that a refresh token may be good.
inline constexpr std::chrono::hours longest_refresh{24 * 366};

/// How it is kept that all logins of a user ended `at` that time: as that family, revoked. It is
/// forgotten when no token of before can be good any more.
inline Family end_of_all(UserId user, Time at) {
  return {originals_of(user), user, {}, at + longest_refresh};
}
inline Time time_of_end(Time expires_at) { return expires_at - longest_refresh; }

/// A token of the same second is not: it may have come after.
inline bool is_from_before(Time issued_at, Time end) {
  return issued_at < std::chrono::floor<std::chrono::seconds>(end);
}

/// A login that has ended, or all logins that a user had.
struct Ending {
  UserId user;
  std::optional<FamilyId> family;  ///< nullopt: all of the user's.
  Time at;

  friend bool operator==(const Ending&, const Ending&) = default;
};

/// Refresh families. Everything is durable when it returns; when one is revoked is noted with it,
/// by the clock of the store.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// conflict: a family of that id is known, even if it is revoked; of two at once one wins.
  virtual Task<Result<Done>> open(Family family) = 0;
  /// Replaces `presented` by `next` (same id and user), atomically: of two at once one wins.
  /// expires_at never goes back. unauthorized when the family is unknown, another user's, revoked
  /// or expired, and when `presented` is no longer its newest token; in that last case the family
  /// is revoked by this call (reuse detection), unless it is a repeat, which changes nothing.
  virtual Task<Result<Done>> rotate(Family next, Presented presented) = 0;
  /// Its tokens are refused from now on, and its id stays known until expires_at. Nothing happens
  /// when it is unknown.
  virtual Task<Result<Done>> revoke(FamilyId id) = 0;
  /// Revokes all families of the user but `kept`, and the tokens of the original: notes first that
  /// they ended now, by the clock that tokens are made by. Gives the families that were not revoked
  /// before.
  virtual Task<Result<std::vector<FamilyId>>> revoke_all(UserId user,
                                                         std::optional<FamilyId> kept) = 0;
  /// When `revoke_all` was last called for the user, as far as it is remembered.
  virtual Task<Result<std::optional<Time>>> all_ended(UserId user) = 0;
};

}  // namespace parley::chat
