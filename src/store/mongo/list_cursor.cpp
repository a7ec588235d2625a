#include "store/mongo/list_cursor.hpp"

#include <charconv>
#include <cstdio>

namespace parley::store::mongo {

namespace {
constexpr std::size_t word_size = 16;
constexpr std::size_t text_size = 2 * word_size + 24;

void put(std::string& text, std::uint64_t word) {
  char digits[word_size + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(word));
  text += digits;
}

std::optional<std::uint64_t> take(std::string_view digits) {
  std::uint64_t word = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, word, 16);
  return error == std::errc{} && stop == end ? std::optional(word) : std::nullopt;
}
}  // namespace

std::string to_text(const ListCursor& cursor) {
  std::string text;
  put(text, static_cast<std::uint64_t>(to_unix_ms(cursor.last_at)));
  put(text, cursor.last_version);
  return text + cursor.conversation.hex();
}

std::optional<ListCursor> list_cursor_from(std::string_view text) {
  if (text.size() != text_size) return std::nullopt;
  const auto last_at = take(text.substr(0, word_size));
  const auto version = take(text.substr(word_size, word_size));
  const auto id = chat::ConversationId::parse(text.substr(2 * word_size));
  if (!last_at || !version || !id) return std::nullopt;
  ListCursor cursor{from_unix_ms(static_cast<std::int64_t>(*last_at)), *version, *id};
  return to_text(cursor) == text ? std::optional(cursor) : std::nullopt;
}

}  // namespace parley::store::mongo
