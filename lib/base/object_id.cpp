#include "base/object_id.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "base/append.hpp"

namespace parley {

namespace {
/// The two digits of each byte.
constexpr auto hex_pairs = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte)
    pairs[byte] = {digits[byte >> 4], digits[byte & 15]};
  return pairs;
}();

constexpr std::uint8_t no_digit = 0xFF;
/// What each character is as a digit.
constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::uint8_t i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    const auto value = static_cast<std::uint8_t>(10 + i);
    values[static_cast<std::size_t>('a' + i)] = values[static_cast<std::size_t>('A' + i)] = value;
  }
  return values;
}();
}  // namespace

std::string to_hex(const ObjectId& id) {
  std::string hex;
  append_hex(hex, id);
  return hex;
}

void append_hex(std::string& out, const ObjectId& id) {
  std::array<char, 24> hex;
  for (std::size_t i = 0; i < id.size(); ++i)
    std::memcpy(hex.data() + 2 * i, hex_pairs[id[i]].data(), 2);
  out.append(hex.data(), hex.size());
}

std::optional<ObjectId> object_id_from_hex(std::string_view hex) {
  if (hex.size() != 24) return std::nullopt;
  ObjectId id{};
  unsigned seen = 0;  // no_digit leaves its upper bits in it
  for (std::size_t i = 0; i < id.size(); ++i) {
    const unsigned high = hex_values[static_cast<unsigned char>(hex[2 * i])];
    const unsigned low = hex_values[static_cast<unsigned char>(hex[2 * i + 1])];
    seen |= high | low;
    id[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (seen > 15) return std::nullopt;
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
