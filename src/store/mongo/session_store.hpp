#pragma once

#include "chat/ports/session_store.hpp"

namespace parley::net {
class Workers;
}

namespace parley::store::mongo {

class Client;
class Lease;

/// Notes `end` (chat::end_of_all) in the place of one before it. `revoked_at`: by the clock of all
/// nodes. Of two at once the later one stays.
Result<Done> note_end_of_all(Lease& lease, const chat::Family& end, Time revoked_at);

/// Families of refresh tokens, one document each in `parley_sessions`: {_id, user, tokenId,
/// revoked, revokedAt, expiresAt}. Every decision is one update whose filter says on what it
/// depends. The end of all of a user's is one, too, with their id.
class SessionStore final : public chat::SessionStore {
 public:
  /// Both outlive it.
  SessionStore(Client& client, net::Workers& workers) : client_(client), workers_(workers) {}

  Task<Result<Done>> open(chat::Family family) override;
  Task<Result<Done>> rotate(chat::Family next, chat::Presented presented) override;
  Task<Result<Done>> revoke(chat::FamilyId id) override;
  Task<Result<std::vector<chat::FamilyId>>> revoke_all(chat::UserId user,
                                                       std::optional<chat::FamilyId> kept) override;
  Task<Result<std::optional<Time>>> all_ended(chat::UserId user) override;

 private:
  Client& client_;
  net::Workers& workers_;
};

}  // namespace parley::store::mongo
