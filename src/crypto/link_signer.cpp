#include "crypto/link_signer.hpp"

#include "base/base64.hpp"
#include "crypto/hs256.hpp"
#include "crypto/keyed_hash.hpp"

namespace parley::crypto {

namespace {

Error refuse(const char* why) { return fail(Errc::unauthorized, why); }

/// Bytes of a fingerprint: nobody finds two texts that share one.
constexpr std::size_t print_size = 16;

}  // namespace

LinkSigner::LinkSigner(const std::string& secret)
    : reset_key_(keyed_hash(secret, "parley link reset-password")),
      verify_key_(keyed_hash(secret, "parley link verify-email")),
      unsubscribe_key_(keyed_hash(secret, "parley link unsubscribe")),
      fingerprint_key_(keyed_hash(secret, "parley link fingerprint")) {}

std::string LinkSigner::sign(chat::LinkUse use, const chat::LinkClaims& claims) const {
  hs256::Token token = hs256::begin(key(use));
  hs256::add(token, "userId", claims.user.hex());
  hs256::add(token, "exp", claims.expires_at);
  if (!claims.state.empty()) hs256::add(token, "st", claims.state);
  return hs256::encode(token);
}

Result<chat::LinkClaims> LinkSigner::verify(chat::LinkUse use, const std::string& token,
                                            Time now) const {
  const hs256::Token decoded = hs256::decode(token, key(use));
  if (!decoded) return refuse("malformed, of another use, or with a wrong signature");
  const char* user = jwt_get_grant(decoded.get(), "userId");
  const auto user_id = user ? chat::UserId::parse(user) : std::nullopt;
  const auto expires_at = hs256::seconds(decoded, "exp");
  if (!user_id || !expires_at) return refuse("claims are missing or of a wrong type");
  if (*expires_at <= now) return refuse("expired");
  const char* state = jwt_get_grant(decoded.get(), "st");
  return chat::LinkClaims{*user_id, state ? state : "", *expires_at};
}

std::string LinkSigner::fingerprint(std::string_view text) const {
  return to_base64url(keyed_hash(fingerprint_key_, text).substr(0, print_size));
}

const std::string& LinkSigner::key(chat::LinkUse use) const {
  switch (use) {
    case chat::LinkUse::reset_password:
      return reset_key_;
    case chat::LinkUse::verify_email:
      return verify_key_;
    case chat::LinkUse::unsubscribe:
      break;
  }
  return unsubscribe_key_;
}

}  // namespace parley::crypto
