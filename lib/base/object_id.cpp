#include "base/object_id.hpp"

#include <openssl/rand.h>

#include <stdexcept>

#include "base/append.hpp"

namespace parley {

namespace {
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
}  // namespace

std::string to_hex(const ObjectId& id) {
  std::string hex;
  append_hex(hex, id);
  return hex;
}

void append_hex(std::string& out, const ObjectId& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::array<char, 24> hex;
  for (std::size_t i = 0; i < id.size(); ++i) {
    hex[2 * i] = digits[id[i] >> 4];
    hex[2 * i + 1] = digits[id[i] & 15];
  }
  out.append(hex.data(), hex.size());
}

std::optional<ObjectId> object_id_from_hex(std::string_view hex) {
  if (hex.size() != 24) return std::nullopt;
  ObjectId id{};
  for (std::size_t i = 0; i < id.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

ObjectIdSource::ObjectIdSource() : counter_(0) {
  std::uint32_t start = 0;
  if (RAND_bytes(process_.data(), static_cast<int>(process_.size())) != 1 ||
      RAND_bytes(reinterpret_cast<unsigned char*>(&start), sizeof start) != 1) {
    throw std::runtime_error("the system gives no random bytes");
  }
  counter_ = start;
}

ObjectId ObjectIdSource::next(Time now) {
  const auto seconds = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  const std::uint32_t count = counter_.fetch_add(1, std::memory_order_relaxed);
  ObjectId id{};
  for (std::size_t i = 0; i < 4; ++i) id[i] = static_cast<std::uint8_t>(seconds >> (24 - 8 * i));
  std::copy(process_.begin(), process_.end(), id.begin() + 4);
  for (std::size_t i = 0; i < 3; ++i) id[9 + i] = static_cast<std::uint8_t>(count >> (16 - 8 * i));
  return id;
}

}  // namespace parley
