#include "crypto/jwt_signer.hpp"

#include "base/hex.hpp"
#include "crypto/hs256.hpp"
#include "crypto/keyed_hash.hpp"

namespace parley::crypto {

namespace {

Error refuse(const char* why) { return fail(Errc::unauthorized, why); }

Result<chat::Claims> claims_of(const hs256::Token& token) {
  const char* user = jwt_get_grant(token.get(), "userId");
  const auto user_id = user ? chat::UserId::parse(user) : std::nullopt;
  const auto issued_at = hs256::seconds(token, "iat");
  const auto expires_at = hs256::seconds(token, "exp");
  if (!user_id || !issued_at || !expires_at) return refuse("claims are missing or of a wrong type");
  chat::Claims claims{*user_id, std::nullopt, {}, *issued_at, *expires_at};
  if (const char* id = jwt_get_grant(token.get(), "jti")) claims.token_id = id;
  if (const char* family = jwt_get_grant(token.get(), "sid")) {
    claims.family = chat::FamilyId::parse(family);
    if (!claims.family) return refuse("sid is not an id");
  }
  return claims;
}

}  // namespace

std::string JwtSigner::sign(chat::TokenUse use, const chat::Claims& claims) const {
  hs256::Token token = hs256::begin(secret(use));
  hs256::add(token, "userId", claims.user.hex());
  hs256::add(token, "iat", claims.issued_at);
  hs256::add(token, "exp", claims.expires_at);
  if (!claims.token_id.empty()) hs256::add(token, "jti", claims.token_id);
  if (claims.family) hs256::add(token, "sid", claims.family->hex());
  return hs256::encode(token);
}

Result<chat::Claims> JwtSigner::verify(chat::TokenUse use, const std::string& token,
                                       Time now) const {
  const hs256::Token decoded = hs256::decode(token, secret(use));
  if (!decoded) return refuse("malformed, of another algorithm, or with a wrong signature");
  if (!hs256::has_begun(decoded, now)) return refuse("not valid yet");
  auto claims = claims_of(decoded);
  if (claims && claims->expires_at <= now) return refuse("expired");
  return claims;
}

std::string JwtSigner::successor(const std::string& token_id) const {
  return to_hex(keyed_hash(secrets_.refresh, "parley refresh successor " + token_id).substr(0, 12));
}

const std::string& JwtSigner::secret(chat::TokenUse use) const {
  return use == chat::TokenUse::access ? secrets_.access : secrets_.refresh;
}

}  // namespace parley::crypto
