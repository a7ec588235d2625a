#include "chat/fakes/credentials.hpp"

#include <functional>
#include <sstream>

namespace parley::chat::fakes {

Task<Result<std::string>> PlainHasher::hash(std::string password) {
  if (overloaded) co_return fail(Errc::overloaded);
  co_return "plain:" + password;
}

Task<Result<bool>> PlainHasher::verify(std::string password, std::string hash) {
  ++verified;
  if (overloaded) co_return fail(Errc::overloaded);
  if (!hash.starts_with("plain:") && hash != nobodys_hash()) co_return fail(Errc::corrupt);
  co_return hash == "plain:" + password;
}

std::string LedgerSigner::sign(TokenUse use, const Claims& claims) const {
  std::ostringstream token;
  token << (use == TokenUse::access ? "access" : "refresh") << ' ' << claims.user.hex() << ' '
        << to_unix_ms(claims.issued_at) << ' ' << to_unix_ms(claims.expires_at) << ' '
        << (claims.family ? claims.family->hex() : "-") << ' ' << claims.token_id;
  const std::lock_guard lock{mutex_};
  made_.insert(token.str());
  return token.str();
}

Result<Claims> LedgerSigner::verify(TokenUse use, const std::string& token, Time now) const {
  {
    const std::lock_guard lock{mutex_};
    if (!made_.contains(token)) return fail(Errc::unauthorized, "not of this signer");
  }
  std::istringstream fields{token};
  std::string kind, user, family;
  std::int64_t issued = 0, expires = 0;
  Claims claims;
  fields >> kind >> user >> issued >> expires >> family >> claims.token_id;
  if (kind != (use == TokenUse::access ? "access" : "refresh")) {
    return fail(Errc::unauthorized, "for another use");
  }
  claims.user = *UserId::parse(user);
  claims.family = FamilyId::parse(family);
  claims.issued_at = from_unix_ms(issued);
  claims.expires_at = from_unix_ms(expires);
  if (claims.expires_at <= now) return fail(Errc::unauthorized, "expired");
  return claims;
}

std::string LedgerLinks::sign(LinkUse use, const LinkClaims& claims) const {
  const std::lock_guard lock{mutex_};
  made_.push_back({use, claims});
  return "link-" + std::to_string(made_.size() - 1);
}

Result<LinkClaims> LedgerLinks::verify(LinkUse use, const std::string& token, Time now) const {
  const std::lock_guard lock{mutex_};
  for (std::size_t i = 0; i < made_.size(); ++i) {
    if (token != "link-" + std::to_string(i) || made_[i].use != use) continue;
    if (made_[i].claims.expires_at <= now) break;
    return made_[i].claims;
  }
  return fail(Errc::unauthorized, "not of this signer");
}

std::string LedgerLinks::fingerprint(std::string_view text) const {
  return std::to_string(std::hash<std::string_view>()(text));
}

}  // namespace parley::chat::fakes
