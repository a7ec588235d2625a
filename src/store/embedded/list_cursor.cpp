#include "store/embedded/list_cursor.hpp"

#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

namespace {
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t text_size = 27;

std::optional<std::string> decode(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  const bool leftover = (bits & ((1u << count) - 1)) != 0;
  return leftover ? std::nullopt : std::optional(bytes);
}
}  // namespace

std::string to_text(const ListCursor& cursor) {
  Bytes bytes;
  bytes.be64(cursor.last_version).id(cursor.conversation);
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char byte : bytes.view()) {
    bits = bits << 8 | static_cast<std::uint8_t>(byte);
    for (count += 8; count >= 6; count -= 6) text.push_back(alphabet[bits >> (count - 6) & 63]);
  }
  if (count > 0) text.push_back(alphabet[bits << (6 - count) & 63]);
  return text;
}

std::optional<ListCursor> list_cursor_from(std::string_view text) {
  if (text.size() != text_size) return std::nullopt;
  const auto bytes = decode(text);
  if (!bytes) return std::nullopt;
  Parser in(*bytes);
  ListCursor cursor;
  cursor.last_version = in.be64();
  cursor.conversation = in.id<chat::ConversationId>();
  return in.finished() ? std::optional(cursor) : std::nullopt;
}

}  // namespace parley::store::embedded
