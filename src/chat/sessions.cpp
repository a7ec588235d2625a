#include "chat/sessions.hpp"

#include <algorithm>
#include <utility>

namespace parley::chat {

namespace {

/// All that a peer learns about a token that is not accepted.
Error refused() { return fail(Errc::unauthorized, "Invalid token"); }

/// Refusals lose their cause; what is not about the token stays.
Error outward(const Error& error) {
  const bool about_token = error.code == Errc::unauthorized || error.code == Errc::conflict;
  return about_token ? refused() : error;
}

/// One step of a mixing function (splitmix64's finisher).
std::uint64_t mix(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ULL;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EBULL;
  return word ^ (word >> 31);
}

bool names_family(const Claims& claims) { return claims.family && !claims.token_id.empty(); }

}  // namespace

Sessions::Sessions(SessionStore& store, const TokenSigner& signer, ObjectIdSource& ids,
                   SessionSettings settings, Bars* bars)
    : store_(store), signer_(signer), ids_(ids), settings_(settings), bars_(bars) {}

Task<Result<TokenPair>> Sessions::open(UserId user, Time now) {
  const FamilyId id{ids_.next(now)};
  const Claims claims = next_claims(user, id, settings_.refresh_ttl, now);
  Family family{id, user, claims.token_id, claims.expires_at};
  const auto opened = co_await store_.open(std::move(family));
  if (!opened) co_return opened.error();
  co_return sign(claims, now);
}

Task<Result<TokenPair>> Sessions::refresh(std::string refresh_token, Time now) {
  const auto presented = verify(TokenUse::refresh, refresh_token, now);
  if (!presented) co_return presented.error();
  const bool original = !names_family(*presented);
  const FamilyId id = original ? family_of_original(*presented) : *presented->family;
  Claims next = next_claims(presented->user, id, settings_.refresh_ttl, now);
  // So that a repeat of the call gives the same token once more.
  if (!original) next.token_id = signer_.successor(presented->token_id);
  Family family{id, presented->user, next.token_id, next.expires_at};
  Result<Done> accepted = Done{};
  if (original) {
    // Known for as long as the presented token could come back.
    family.expires_at = std::max(family.expires_at, presented->expires_at);
    accepted = co_await adopt(std::move(family), presented->issued_at);
  } else {
    Presented shown{presented->token_id, now, settings_.leeway};
    accepted = co_await store_.rotate(std::move(family), std::move(shown));
  }
  if (!accepted) co_return outward(accepted.error());
  co_return sign(next, now);
}

Task<Result<Done>> Sessions::adopt(Family family, Time issued_at) {
  const FamilyId id = family.id;
  const UserId user = family.user;
  auto opened = co_await store_.open(std::move(family));
  if (!opened && opened.error().code != Errc::conflict) co_return opened;
  if (opened) {
    // Asked after the opening: whoever ends all logins meanwhile is seen here, or ends this one.
    const auto ended = co_await store_.all_ended(user);
    if (!ended) co_return ended.error();
    if (!*ended || !is_from_before(issued_at, **ended)) co_return opened;
  }
  const auto revoked = co_await store_.revoke(id);
  if (!revoked) co_return revoked.error();
  co_return refused();
}

Task<Result<Revoked>> Sessions::logout(std::string refresh_token, Time now) {
  const auto presented = verify(TokenUse::refresh, refresh_token, now);
  if (!presented) co_return presented.error();
  const FamilyId id =
      names_family(*presented) ? *presented->family : family_of_original(*presented);
  if (!names_family(*presented)) {
    // What has not been opened yet must not be opened later: a family that is revoked from the
    // start.
    Family family{id, presented->user, {}, presented->expires_at};
    const auto opened = co_await store_.open(std::move(family));
    if (!opened && opened.error().code != Errc::conflict) co_return opened.error();
  }
  const auto revoked = co_await store_.revoke(id);
  if (!revoked) co_return revoked.error();
  co_return Revoked{presented->user, id};
}

Task<Result<std::vector<FamilyId>>> Sessions::logout_all(UserId user) {
  return store_.revoke_all(user, std::nullopt);
}

Result<Claims> Sessions::authenticate(const std::string& access_token, Time now) const {
  auto claims = verify(TokenUse::access, access_token, now);
  if (claims && bars_ != nullptr && bars_->has_ended(*claims)) return refused();
  return claims;
}

bool Sessions::is_barred(const Claims& access) const {
  return bars_ != nullptr && (bars_->has(access.user) || bars_->has_ended(access));
}

void Sessions::end(UserId user, std::optional<FamilyId> family, Time now) {
  if (bars_ != nullptr) bars_->end({user, family, now}, now + settings_.access_ttl);
}

void Sessions::end(UserId user, const std::vector<FamilyId>& families, Time now) {
  for (const FamilyId& family : families) end(user, family, now);
}

Result<Claims> Sessions::verify(TokenUse use, const std::string& token, Time now) const {
  auto claims = signer_.verify(use, token, now);
  if (!claims) return outward(claims.error());
  if (bars_ != nullptr && bars_->has(claims->user)) return refused();
  return claims;
}

Claims Sessions::next_claims(UserId user, FamilyId family, std::chrono::seconds ttl, Time now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  return {user, family, to_hex(ids_.next(now)), Time{second}, Time{second + ttl}};
}

TokenPair Sessions::sign(const Claims& refresh, Time now) {
  const Claims access = next_claims(refresh.user, *refresh.family, settings_.access_ttl, now);
  return {*refresh.family, signer_.sign(TokenUse::access, access),
          signer_.sign(TokenUse::refresh, refresh)};
}

FamilyId family_of_original(const Claims& claims) {
  std::uint64_t word =
      0x6F726967696E616CULL;  // "original": keeps these apart from ids that were made.
  for (const std::uint8_t byte : claims.user.bytes) word = mix(word * 257 + byte);
  word = mix(word ^ static_cast<std::uint64_t>(to_unix_ms(claims.expires_at)));
  const auto seconds = static_cast<std::uint32_t>(to_unix_ms(claims.issued_at) / 1000);
  FamilyId id;
  for (std::size_t i = 0; i < 4; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(seconds >> (24 - 8 * i));
  }
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[4 + i] = static_cast<std::uint8_t>(word >> (56 - 8 * i));
  }
  return id;
}

}  // namespace parley::chat
