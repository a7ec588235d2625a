#include "socketio/random_id.hpp"

#include <array>

#include "base/random_bytes.hpp"

namespace parley::socketio {
namespace {

/// Random bytes, taken a block at a time.
class Pool {
 public:
  unsigned char next() {
    if (at_ == bytes_.size()) {
      fill_random(bytes_);
      at_ = 0;
    }
    return bytes_[at_++];
  }

 private:
  std::array<unsigned char, 640> bytes_{};
  std::size_t at_ = bytes_.size();
};

}  // namespace

std::string random_id(std::size_t size) {
  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  thread_local Pool pool;
  std::string id(size, '\0');
  for (char& c : id) c = alphabet[pool.next() & 63];
  return id;
}

}  // namespace parley::socketio
