#include "base/object_id.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/put.hpp"
#include "base/random_bytes.hpp"

namespace parley {

namespace {
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
  std::string hex(24, '\0');
  put_hex(hex.data(), id);
  return hex;
}

#ifdef __SSE2__
char* put_hex(char* to, const ObjectId& id) {
  std::uint64_t first = 0;
  std::uint32_t last = 0;
  std::memcpy(&first, id.data(), sizeof first);
  std::memcpy(&last, id.data() + sizeof first, sizeof last);
  const __m128i bytes = _mm_set_epi64x(last, static_cast<std::int64_t>(first));
  const __m128i low_bits = _mm_set1_epi8(0x0F);
  const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), low_bits);
  const __m128i low = _mm_and_si128(bytes, low_bits);
  const auto digits = [](__m128i values) {
    const __m128i letters = _mm_cmpgt_epi8(values, _mm_set1_epi8(9));
    const __m128i zero =
        _mm_add_epi8(_mm_set1_epi8('0'), _mm_and_si128(letters, _mm_set1_epi8('a' - '0' - 10)));
    return _mm_add_epi8(values, zero);
  };
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), digits(_mm_unpacklo_epi8(high, low)));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to + 16), digits(_mm_unpackhi_epi8(high, low)));
  return to + 24;
}
#else
char* put_hex(char* to, const ObjectId& id) {
  static constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t byte : id) {
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
  }
  return to;
}
#endif

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

Time made_at(const ObjectId& id) {
  std::int64_t seconds = 0;
  for (std::size_t i = 0; i < 4; ++i) seconds = seconds << 8 | id[i];
  return from_unix_ms(seconds * 1000);
}

ObjectIdSource::ObjectIdSource() : counter_(0) {
  fill_random(process_);
  std::array<std::uint8_t, sizeof(std::uint32_t)> start;
  fill_random(start);
  counter_ = std::bit_cast<std::uint32_t>(start);
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
