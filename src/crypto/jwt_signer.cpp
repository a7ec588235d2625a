#include "crypto/jwt_signer.hpp"

#include <jwt.h>

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>

namespace parley::crypto {

namespace {

constexpr std::size_t max_token = 4096;        ///< Ours have about 250 bytes.
constexpr long last_second = 253'402'300'799;  ///< Of the year 9999.

struct Free {
  void operator()(jwt_t* token) const { jwt_free(token); }
  void operator()(char* text) const { std::free(text); }
};
using Token = std::unique_ptr<jwt_t, Free>;

const unsigned char* key_of(const std::string& secret) {
  return reinterpret_cast<const unsigned char*>(secret.data());
}

/// Genuine and HS256, or nullptr.
Token decode(const std::string& token, const std::string& secret) {
  if (token.size() > max_token || token.find('\0') != std::string::npos) return nullptr;
  jwt_t* decoded = nullptr;
  const int error =
      jwt_decode(&decoded, token.c_str(), key_of(secret), static_cast<int>(secret.size()));
  Token owned{error == 0 ? decoded : nullptr};
  // A token of another algorithm may carry a signature that is right for that one.
  if (owned && jwt_get_alg(owned.get()) != JWT_ALG_HS256) return nullptr;
  return owned;
}

/// A time in whole seconds; nullopt when it is absent or no number.
std::optional<Time> seconds(jwt_t* token, const char* claim) {
  errno = 0;
  const long value = jwt_get_grant_int(token, claim);
  if (errno != 0 || value < 0 || value > last_second) return std::nullopt;
  return Time{std::chrono::seconds{value}};
}

Error refuse(const char* why) { return fail(Errc::unauthorized, why); }

Result<chat::Claims> claims_of(jwt_t* token) {
  const char* user = jwt_get_grant(token, "userId");
  const auto user_id = user ? chat::UserId::parse(user) : std::nullopt;
  const auto issued_at = seconds(token, "iat");
  const auto expires_at = seconds(token, "exp");
  if (!user_id || !issued_at || !expires_at) return refuse("claims are missing or of a wrong type");
  chat::Claims claims{*user_id, std::nullopt, {}, *issued_at, *expires_at};
  if (const char* id = jwt_get_grant(token, "jti")) claims.token_id = id;
  if (const char* family = jwt_get_grant(token, "sid")) {
    claims.family = chat::FamilyId::parse(family);
    if (!claims.family) return refuse("sid is not an id");
  }
  return claims;
}

long to_seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

std::string JwtSigner::sign(chat::TokenUse use, const chat::Claims& claims) const {
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) throw std::bad_alloc{};
  const Token token{made};
  const std::string& key = secret(use);
  assert(!key.empty());
  int failed = jwt_set_alg(made, JWT_ALG_HS256, key_of(key), static_cast<int>(key.size()));
  failed |= jwt_add_grant(made, "userId", claims.user.hex().c_str());
  failed |= jwt_add_grant_int(made, "iat", to_seconds(claims.issued_at));
  failed |= jwt_add_grant_int(made, "exp", to_seconds(claims.expires_at));
  if (!claims.token_id.empty()) failed |= jwt_add_grant(made, "jti", claims.token_id.c_str());
  if (claims.family) failed |= jwt_add_grant(made, "sid", claims.family->hex().c_str());
  const std::unique_ptr<char, Free> text{failed == 0 ? jwt_encode_str(made) : nullptr};
  if (!text) throw std::bad_alloc{};
  return text.get();
}

Result<chat::Claims> JwtSigner::verify(chat::TokenUse use, const std::string& token,
                                       Time now) const {
  const Token decoded = decode(token, secret(use));
  if (!decoded) return refuse("malformed, of another algorithm, or with a wrong signature");
  auto claims = claims_of(decoded.get());
  if (claims && claims->expires_at <= now) return refuse("expired");
  return claims;
}

const std::string& JwtSigner::secret(chat::TokenUse use) const {
  return use == chat::TokenUse::access ? secrets_.access : secrets_.refresh;
}

}  // namespace parley::crypto
