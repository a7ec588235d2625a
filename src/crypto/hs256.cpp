#include "crypto/hs256.hpp"

#include <cassert>
#include <cerrno>
#include <chrono>
#include <new>

namespace parley::crypto::hs256 {

namespace {

constexpr std::size_t max_token = 4096;        ///< Ours have about 250 bytes.
constexpr long last_second = 253'402'300'799;  ///< Of the year 9999.

const unsigned char* key_of(const std::string& secret) {
  return reinterpret_cast<const unsigned char*>(secret.data());
}

}  // namespace

Token begin(const std::string& secret) {
  assert(!secret.empty());
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) throw std::bad_alloc{};
  Token token{made};
  if (jwt_set_alg(made, JWT_ALG_HS256, key_of(secret), static_cast<int>(secret.size())) != 0)
    throw std::bad_alloc{};
  return token;
}

void add(Token& token, const char* claim, const std::string& value) {
  if (jwt_add_grant(token.get(), claim, value.c_str()) != 0) throw std::bad_alloc{};
}

void add(Token& token, const char* claim, Time value) {
  const auto second = std::chrono::floor<std::chrono::seconds>(value).time_since_epoch().count();
  if (jwt_add_grant_int(token.get(), claim, second) != 0) throw std::bad_alloc{};
}

std::string encode(const Token& token) {
  const std::unique_ptr<char, Free> text{jwt_encode_str(token.get())};
  if (!text) throw std::bad_alloc{};
  return text.get();
}

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

std::optional<Time> seconds(const Token& token, const char* claim) {
  errno = 0;
  const long value = jwt_get_grant_int(token.get(), claim);
  if (errno != 0 || value < 0 || value > last_second) return std::nullopt;
  return Time{std::chrono::seconds{value}};
}

bool has_begun(const Token& token, Time now) {
  // jwt_get_grant_int gives 0 for what is no integer.
  const std::unique_ptr<char, Free> text{jwt_get_grants_json(token.get(), "nbf")};
  if (!text) return true;
  char* end = nullptr;
  const double begin = std::strtod(text.get(), &end);
  const std::chrono::duration<double> passed = now.time_since_epoch();
  return end != text.get() && *end == '\0' && begin <= passed.count();
}

}  // namespace parley::crypto::hs256
