#include "store/embedded/list_cursor.hpp"

#include "base/base64.hpp"
#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

std::string to_text(const ListCursor& cursor) {
  Bytes bytes;
  bytes.be64(cursor.last_version).id(cursor.conversation);
  return to_base64url(bytes.view());
}

std::optional<ListCursor> list_cursor_from(std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes) return std::nullopt;
  Parser in(*bytes);
  ListCursor cursor;
  cursor.last_version = in.be64();
  cursor.conversation = in.id<chat::ConversationId>();
  return in.finished() && to_text(cursor) == text ? std::optional(cursor) : std::nullopt;
}

}  // namespace parley::store::embedded
