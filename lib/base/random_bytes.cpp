#include "base/random_bytes.hpp"

#include <openssl/rand.h>

#include <stdexcept>

namespace parley {

void fill_random(std::span<unsigned char> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system gives no random bytes");
}

}  // namespace parley
