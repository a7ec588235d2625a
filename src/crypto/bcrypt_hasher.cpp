#include "crypto/bcrypt_hasher.hpp"

#include <utility>

#include "crypto/bcrypt.hpp"
#include "net/workers.hpp"

namespace parley::crypto {

std::string BcryptHasher::nobodys_hash() const {
  const std::string cost = std::to_string(100 + settings_.cost).substr(1);
  return "$2b$" + cost + "$SH9ESyqK3hUHr18i5qmjBuQJT.eTPPiQgFXGVkq9xrdBoraP2NvZe";
}

Task<Result<std::string>> BcryptHasher::hash(std::string password) {
  auto work = [password = std::move(password), cost = settings_.cost] {
    return bcrypt_hash(password, cost);
  };
  co_return co_await workers_.run(std::move(work));
}

Task<Result<bool>> BcryptHasher::verify(std::string password, std::string hash) {
  auto work = [password = std::move(password), hash = std::move(hash)] {
    return bcrypt_verify(password, hash);
  };
  co_return co_await workers_.run(std::move(work));
}

}  // namespace parley::crypto
