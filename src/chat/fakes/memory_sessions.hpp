#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "chat/ports/operator_store.hpp"

namespace parley::chat::fakes {

/// A SessionStore in memory, for tests. Forgets nothing. Any thread.
class MemorySessions final : public SessionStore {
 public:
  Task<Result<Done>> open(Family family) override;
  Task<Result<Done>> rotate(Family next, Presented presented) override;
  Task<Result<Done>> revoke(FamilyId id) override;
  Task<Result<std::vector<FamilyId>>> revoke_all(UserId user,
                                                 std::optional<FamilyId> kept) override;
  Task<Result<std::optional<Time>>> all_ended(UserId user) override;

  /// As it is kept; nullopt when it is unknown.
  std::optional<Family> find(FamilyId id);
  std::vector<Ending> ended(Time since, std::size_t limit);
  /// By id, revoked ones too.
  std::vector<Login> of(UserId user);
  /// All but that they have ended.
  void forget(UserId user);

 private:
  struct Known {
    Family family;
    bool revoked = false;
    Time revoked_at;
  };
  static void revoke(Known& known);
  void note_end_of_all(UserId user);

  std::mutex mutex_;
  std::map<FamilyId, Known> families_;
};

}  // namespace parley::chat::fakes
