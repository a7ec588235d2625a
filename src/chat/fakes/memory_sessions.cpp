#include "chat/fakes/memory_sessions.hpp"

#include <algorithm>

namespace parley::chat::fakes {

Task<Result<Done>> MemorySessions::open(Family family) {
  const std::lock_guard lock{mutex_};
  if (!families_.emplace(family.id, Known{family, false}).second) {
    co_return fail(Errc::conflict, "family is known");
  }
  co_return Done{};
}

Task<Result<Done>> MemorySessions::rotate(Family next, std::string presented, Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = families_.find(next.id);
  if (found == families_.end()) co_return fail(Errc::unauthorized, "family is unknown");
  Known& known = found->second;
  if (known.revoked) co_return fail(Errc::unauthorized, "family is revoked");
  if (known.family.user != next.user) co_return fail(Errc::unauthorized, "another user's family");
  if (known.family.expires_at <= now) co_return fail(Errc::unauthorized, "family has expired");
  if (known.family.token_id != presented) {
    known.revoked = true;
    co_return fail(Errc::unauthorized, "token was used before");
  }
  next.expires_at = std::max(next.expires_at, known.family.expires_at);
  known.family = next;
  co_return Done{};
}

Task<Result<Done>> MemorySessions::revoke(FamilyId id) {
  const std::lock_guard lock{mutex_};
  if (const auto found = families_.find(id); found != families_.end()) found->second.revoked = true;
  co_return Done{};
}

Task<Result<std::vector<FamilyId>>> MemorySessions::revoke_all(UserId user) {
  const std::lock_guard lock{mutex_};
  std::vector<FamilyId> revoked;
  for (auto& [id, known] : families_) {
    if (known.family.user != user || known.revoked) continue;
    known.revoked = true;
    revoked.push_back(id);
  }
  co_return revoked;
}

std::optional<Family> MemorySessions::find(FamilyId id) {
  const std::lock_guard lock{mutex_};
  const auto found = families_.find(id);
  return found == families_.end() ? std::nullopt : std::optional{found->second.family};
}

std::vector<Login> MemorySessions::of(UserId user) {
  const std::lock_guard lock{mutex_};
  std::vector<Login> logins;
  for (const auto& [id, known] : families_) {
    if (known.family.user == user) logins.push_back({known.family, known.revoked});
  }
  return logins;
}

void MemorySessions::forget(UserId user) {
  const std::lock_guard lock{mutex_};
  std::erase_if(families_, [user](const auto& one) { return one.second.family.user == user; });
}

}  // namespace parley::chat::fakes
