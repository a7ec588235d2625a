#include "archive/chain.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "base/hex.hpp"

namespace parley::archive {

namespace {
struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
}  // namespace

std::optional<Digest> digest_from_hex(std::string_view hex) {
  const auto bytes = from_hex(hex);
  Digest digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

void Chain::add(std::string_view line) {
  // One context a thread: making one costs more than hashing a line.
  static thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  const bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), state_.data(), state_.size()) == 1 &&
                    EVP_DigestUpdate(context.get(), line.data(), line.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), state_.data(), nullptr) == 1;
  if (!good) throw std::runtime_error("OpenSSL gives no SHA-256");
}

}  // namespace parley::archive
