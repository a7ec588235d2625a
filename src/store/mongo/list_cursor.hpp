#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::store::mongo {

/// Where a page of a conversation list ended. Lists are ordered by it, from the greatest.
struct ListCursor {
  Time last_at;
  chat::Version last_version = 0;
  chat::ConversationId conversation;

  friend auto operator<=>(const ListCursor&, const ListCursor&) = default;
};

/// 56 hex digits.
std::string to_text(const ListCursor& cursor);
/// nullopt for anything that `to_text` does not write.
std::optional<ListCursor> list_cursor_from(std::string_view text);

}  // namespace parley::store::mongo
