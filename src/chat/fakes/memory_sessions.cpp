#include "chat/fakes/memory_sessions.hpp"

#include <algorithm>
#include <utility>

namespace parley::chat::fakes {

Task<Result<Done>> MemorySessions::open(Family family) {
  const std::lock_guard lock{mutex_};
  if (!families_.emplace(family.id, Known{family, false, {}}).second) {
    co_return fail(Errc::conflict, "family is known");
  }
  co_return Done{};
}

Task<Result<Done>> MemorySessions::rotate(Family next, Presented presented) {
  const std::lock_guard lock{mutex_};
  const auto found = families_.find(next.id);
  if (found == families_.end()) co_return fail(Errc::unauthorized, "family is unknown");
  Known& known = found->second;
  if (known.revoked) co_return fail(Errc::unauthorized, "family is revoked");
  if (known.family.user != next.user) co_return fail(Errc::unauthorized, "another user's family");
  if (known.family.expires_at <= presented.now)
    co_return fail(Errc::unauthorized, "family has expired");
  if (known.family.token_id != presented.token_id) {
    if (is_repeat(known.family, next, presented.leeway)) co_return Done{};
    revoke(known);
    co_return fail(Errc::unauthorized, "token was used before");
  }
  next.expires_at = std::max(next.expires_at, known.family.expires_at);
  known.family = next;
  co_return Done{};
}

Task<Result<Done>> MemorySessions::revoke(FamilyId id) {
  const std::lock_guard lock{mutex_};
  if (const auto found = families_.find(id); found != families_.end()) revoke(found->second);
  co_return Done{};
}

Task<Result<std::vector<FamilyId>>> MemorySessions::revoke_all(UserId user,
                                                               std::optional<FamilyId> kept) {
  const std::lock_guard lock{mutex_};
  std::vector<FamilyId> revoked;
  for (auto& [id, known] : families_) {
    if (known.family.user != user || known.revoked || id == kept) continue;
    revoke(known);
    revoked.push_back(id);
  }
  note_end_of_all(user);
  co_return revoked;
}

void MemorySessions::note_end_of_all(UserId user) {
  const Time now = wall_now();
  families_.insert_or_assign(originals_of(user), Known{end_of_all(user, now), true, now});
}

Task<Result<std::optional<Time>>> MemorySessions::all_ended(UserId user) {
  const auto mark = find(originals_of(user));
  co_return mark ? std::optional{time_of_end(mark->expires_at)} : std::nullopt;
}

void MemorySessions::revoke(Known& known) {
  if (!std::exchange(known.revoked, true)) known.revoked_at = wall_now();
}

std::vector<Ending> MemorySessions::ended(Time since, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<Ending> endings;
  for (const auto& [id, known] : families_) {
    if (known.revoked && known.revoked_at >= since)
      endings.push_back({known.family.user, id, known.revoked_at});
  }
  std::stable_sort(endings.begin(), endings.end(),
                   [](const Ending& one, const Ending& other) { return one.at < other.at; });
  const std::size_t older = endings.size() - std::min(endings.size(), limit);
  endings.erase(endings.begin(), endings.begin() + static_cast<std::ptrdiff_t>(older));
  return endings;
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
    if (known.family.user == user && id != originals_of(user))
      logins.push_back({known.family, known.revoked});
  }
  return logins;
}

void MemorySessions::forget(UserId user) {
  const std::lock_guard lock{mutex_};
  std::erase_if(families_, [user](const auto& one) { return one.second.family.user == user; });
  note_end_of_all(user);
}

}  // namespace parley::chat::fakes
