#pragma once

#include <utility>

#include "chat/ports/session_store.hpp"

namespace parley::chat::fakes {

/// Passes everything on to `inner`, which outlives it; a test overrides what it wants to be
/// otherwise.
class SessionsInFront : public SessionStore {
 public:
  explicit SessionsInFront(SessionStore& inner) : inner_(inner) {}

  Task<Result<Done>> open(Family family) override { return inner_.open(std::move(family)); }
  Task<Result<Done>> rotate(Family next, Presented presented) override {
    return inner_.rotate(std::move(next), std::move(presented));
  }
  Task<Result<Done>> revoke(FamilyId id) override { return inner_.revoke(id); }
  Task<Result<std::vector<FamilyId>>> revoke_all(UserId user,
                                                 std::optional<FamilyId> kept) override {
    return inner_.revoke_all(user, kept);
  }
  Task<Result<std::optional<Time>>> all_ended(UserId user) override {
    return inner_.all_ended(user);
  }

 protected:
  SessionStore& inner_;
};

}  // namespace parley::chat::fakes
