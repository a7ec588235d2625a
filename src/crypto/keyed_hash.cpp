#include "crypto/keyed_hash.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>

namespace parley::crypto {

std::string keyed_hash(const std::string& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned length = 0;
  const auto* begin = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), begin, text.size(), bytes.data(),
           &length) == nullptr)
    throw std::bad_alloc{};
  return {bytes.begin(), bytes.begin() + length};
}

}  // namespace parley::crypto
