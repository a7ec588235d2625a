#include "base/json.hpp"

#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <cstring>

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
/// True when none of eight bytes must be escaped: no control character, quote or backslash.
bool are_plain(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x80 * ones;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quote = word ^ ('"' * ones), slash = word ^ ('\\' * ones);
  const std::uint64_t found =
      ((word - 0x20 * ones) & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
  return (found & tops) == 0;
}
}  // namespace

std::string serialize(const value& value) { return boost::json::serialize(value); }

void append_string(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // start of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (text.size() - i >= 8 && are_plain(text.data() + i)) i += 8;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
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
  out.append(text, plain, text.size() - plain);
  out += '"';
}

std::optional<std::string_view> string_member(const object& object, std::string_view key) {
  const value* member = object.if_contains(key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  const auto& text = member->get_string();
  return std::string_view{text.data(), text.size()};
}

}  // namespace parley::json
