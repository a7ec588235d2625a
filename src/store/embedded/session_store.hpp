#pragma once

#include "chat/ports/session_store.hpp"

namespace parley::store::embedded {

class Database;

/// Families of refresh tokens. A revoked one stays, as such, until its newest token would have
/// expired.
class SessionStore final : public chat::SessionStore {
 public:
  explicit SessionStore(Database& database) : database_(database) {}

  Task<Result<Done>> open(chat::Family family) override;
  Task<Result<Done>> rotate(chat::Family next, chat::Presented presented) override;
  Task<Result<Done>> revoke(chat::FamilyId id) override;
  Task<Result<std::vector<chat::FamilyId>>> revoke_all(chat::UserId user,
                                                       std::optional<chat::FamilyId> kept) override;
  Task<Result<std::optional<Time>>> all_ended(chat::UserId user) override;

 private:
  Database& database_;
};

}  // namespace parley::store::embedded
