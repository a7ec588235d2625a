#pragma once

#include <string>

#include "chat/ports/credentials.hpp"

namespace parley::net {
class Workers;
}

namespace parley::crypto {

/// bcrypt on a bounded pool of threads; a hash takes about 60 ms at cost 10. Makes `$2b$`; verifies
/// `$2a$`, `$2b$` and `$2y$`, so those of Node's bcrypt, too. `workers` outlives it. Any shard.
class BcryptHasher final : public chat::PasswordHasher {
 public:
  struct Settings {
    unsigned cost = 10;  ///< 4 to 31; one more doubles the time.
  };
  BcryptHasher(net::Workers& workers, Settings settings) : workers_(workers), settings_(settings) {}

  /// bad_request: over 72 bytes, or with a NUL inside (bcrypt would not see the rest); overloaded.
  Task<Result<std::string>> hash(std::string password) override;
  /// A password that `hash` refuses is false, after the same work. corrupt: `hash` is no bcrypt
  /// hash; overloaded.
  Task<Result<bool>> verify(std::string password, std::string hash) override;
  std::string nobodys_hash() const override;

 private:
  net::Workers& workers_;
  Settings settings_;
};

}  // namespace parley::crypto
