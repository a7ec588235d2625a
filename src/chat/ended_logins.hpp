#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>

#include "chat/ports/credentials.hpp"
#include "chat/ports/session_store.hpp"

namespace parley::chat {

/// Logins that have ended, for as long as access tokens of theirs would be good by themselves.
/// Plain: one thread, no clock.
class EndedLogins {
 public:
  static constexpr std::size_t bound = 100'000;
  /// Beyond so many the oldest are forgotten: their tokens are good until they expire.
  explicit EndedLogins(std::size_t most = bound) : most_(most) {}

  /// `until`: the end of the last access token that was issued before it. Forgets what is over.
  /// False: it was known already, so that the same may be said any number of times.
  bool add(const Ending& ending, Time until);
  /// An end of all logins, or of the original's tokens, goes by the token's second: one that was
  /// issued in the same second is let in, unless its login is known to have ended.
  bool include(const Claims& access) const;
  std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    Ending ending;
    Time until;
  };
  bool knows(const Ending& ending) const;
  /// When the user's tokens of the original did; the epoch: not as far as is known.
  Time originals_ended(UserId user) const;
  void forget_oldest();

  std::size_t most_;
  std::deque<Entry> order_;  ///< The oldest first.
  std::map<FamilyId, Time> families_;
  std::map<UserId, Time> users_;  ///< When all of their logins ended.
};

}  // namespace parley::chat
