#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "chat/ports/credentials.hpp"

namespace parley::chat {

/// A login that has ended, or all logins that a user had.
struct Ending {
  UserId user;
  std::optional<FamilyId> family;  ///< nullopt: all of the user's.
  Time at;
};

/// Logins that have ended, for as long as access tokens of theirs would be good by themselves.
/// Plain: one thread, no clock.
class EndedLogins {
 public:
  /// Beyond so many the oldest are forgotten: their tokens are good until they expire.
  explicit EndedLogins(std::size_t most = 100'000) : most_(most) {}

  /// `until`: the end of the last access token that was issued before it. Forgets what is over.
  void add(const Ending& ending, Time until);
  /// Tokens without a login (of the Node original), and ends of all logins, go by the token's
  /// second: one that was issued in the same second is let in.
  bool include(const Claims& access) const;
  std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    Ending ending;
    Time until;
  };
  void forget_oldest();

  std::size_t most_;
  std::deque<Entry> order_;  ///< The oldest first.
  std::set<FamilyId> families_;
  std::map<UserId, Time> users_;  ///< When all of their logins ended.
};

}  // namespace parley::chat
