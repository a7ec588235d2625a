#include "crypto/bcrypt.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <array>
#include <memory>
#include <string_view>

namespace parley::crypto {

namespace {

constexpr std::size_t max_password = 72;
constexpr std::size_t hash_size = 60;

/// libxcrypt's 32 KiB of scratch, which hold the password for a while: wiped at the end.
struct Wipe {
  void operator()(crypt_data* data) const {
    OPENSSL_cleanse(data, sizeof *data);
    std::default_delete<crypt_data>{}(data);
  }
};

/// Empty when libxcrypt refuses the setting.
std::string run_crypt(const std::string& password, const std::string& setting) {
  const std::unique_ptr<crypt_data, Wipe> data{new crypt_data{}};
  const char* hash = crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof *data);
  return hash ? std::string{hash} : std::string{};
}

bool is_bcrypt(std::string_view hash) {
  const bool known =
      hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  return known && hash.size() == hash_size && hash.find('\0') == std::string_view::npos;
}

}  // namespace

bool fits_bcrypt(const std::string& password) {
  return password.size() <= max_password && password.find('\0') == std::string::npos;
}

Result<std::string> bcrypt_hash(const std::string& password, unsigned cost) {
  if (!fits_bcrypt(password)) return fail(Errc::bad_request, "password is longer than 72 bytes");
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  // No bytes given: libxcrypt takes the 16 that it needs from the system.
  if (!crypt_gensalt_rn("$2b$", cost, nullptr, 0, salt.data(), static_cast<int>(salt.size()))) {
    return fail(Errc::internal, "libxcrypt makes no salt");
  }
  std::string hash = run_crypt(password, salt.data());
  if (!is_bcrypt(hash)) return fail(Errc::internal, "libxcrypt makes no bcrypt hash");
  return hash;
}

Result<bool> bcrypt_verify(const std::string& password, const std::string& hash) {
  if (!is_bcrypt(hash)) return fail(Errc::corrupt, "not a bcrypt hash");
  const bool fits = fits_bcrypt(password);
  const std::string made = run_crypt(fits ? password : std::string{}, hash);
  if (made.size() != hash.size()) return fail(Errc::corrupt, "not a bcrypt hash");
  return CRYPTO_memcmp(made.data(), hash.data(), hash.size()) == 0 && fits;
}

}  // namespace parley::crypto
