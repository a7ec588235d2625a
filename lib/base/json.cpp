#include "base/json.hpp"

#include <bit>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace parley::json {

Result<value> parse(std::string_view text, Limits limits) {
  boost::json::parse_options options;
  options.max_depth = limits.max_depth;
  unsigned char scratch[4096];
  boost::json::parser parser({}, options, scratch);
  boost::system::error_code error;
  const std::size_t read = parser.write(text.data(), text.size(), error);
  if (error) {
    return fail(Errc::bad_request,
                "invalid JSON at byte " + std::to_string(read) + ": " + error.message());
  }
  return parser.release();
}

namespace {
// Blocks of `block` bytes are looked at in one go. `find_escape` gives a mask of `block_bits` bits
// a byte; the first byte with one of them set is the first that must be escaped: a control
// character, a quote or a backslash. 0: there is none.
#ifdef __SSE2__
constexpr std::size_t block = 16, block_bits = 1;
std::uint32_t find_escape(const char* bytes) {
  const __m128i word = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(word, _mm_set1_epi8(0x1F)), word);
  const __m128i quote = _mm_cmpeq_epi8(word, _mm_set1_epi8('"'));
  const __m128i slash = _mm_cmpeq_epi8(word, _mm_set1_epi8('\\'));
  return static_cast<std::uint32_t>(
      _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash))));
}
#else
static_assert(std::endian::native == std::endian::little);
constexpr std::size_t block = 8, block_bits = 8;
std::uint64_t find_escape(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x80 * ones;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quote = word ^ ('"' * ones), slash = word ^ ('\\' * ones);
  const std::uint64_t found =
      ((word - 0x20 * ones) & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
  return found & tops;
}
#endif
template <class Mask>
std::size_t first_byte(Mask found) {
  return static_cast<std::size_t>(std::countr_zero(found)) / block_bits;
}
}  // namespace

std::size_t plain_prefix(std::string_view text) {
  const std::size_t size = text.size();
  std::size_t at = 0;
  for (; size - at >= block; at += block) {
    if (const auto found = find_escape(text.data() + at)) return at + first_byte(found);
  }
  if (at > 0 && at < size) {  // the last block, without those bytes that were looked at
    const auto found =
        find_escape(text.data() + size - block) >> (block_bits * (at + block - size));
    return found != 0 ? at + first_byte(found) : size;
  }
  const auto is_plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  };
  while (at < size && is_plain(text[at])) ++at;
  return at;
}

std::string serialize(const value& value) { return boost::json::serialize(value); }

namespace {
void append_escape(std::string& out, unsigned char c) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
  }
}
}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_prefix(text);
    out.append(text, 0, plain);
    if (plain == text.size()) break;
    append_escape(out, static_cast<unsigned char>(text[plain]));
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

std::optional<std::string_view> string_member(const object& object, std::string_view key) {
  const value* member = object.if_contains(key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  const auto& text = member->get_string();
  return std::string_view{text.data(), text.size()};
}

}  // namespace parley::json
