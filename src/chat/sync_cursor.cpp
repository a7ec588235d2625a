#include "chat/sync_cursor.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace parley::chat {

namespace {

constexpr std::string_view plain_prefix = "v1.";
constexpr std::string_view recent_prefix = "v2.";

/// Takes a number off the front of `text`, and the separator behind it if there is more.
std::optional<Version> take_number(std::string_view& text, int base, char separator) {
  Version number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (text.empty()) return number;
  if (text.front() != separator || text.size() == 1) return std::nullopt;
  text.remove_prefix(1);
  return number;
}

/// False when `text` is not what append_gaps writes.
bool read_gaps(std::string_view text, SyncCursor& cursor) {
  Version last = cursor.version;
  while (!text.empty()) {
    const auto gap = take_number(text, 36, '-');
    if (!gap || *gap == 0 || *gap > std::numeric_limits<Version>::max() - last) return false;
    if (cursor.recent.size() == SyncCursor::max_recent) return false;
    cursor.recent.push_back(last += *gap);
  }
  return true;
}

/// Each recent version as its distance from the one before.
void append_gaps(std::string& out, const SyncCursor& cursor) {
  Version last = cursor.version;
  char separator = '.';
  for (const Version version : cursor.recent) {
    std::array<char, 16> digits;
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), version - last, 36);
    (out += std::exchange(separator, '-')).append(digits.data(), end);
    last = version;
  }
}

}  // namespace

std::string to_cursor(const SyncCursor& cursor) {
  std::string text{cursor.recent.empty() ? plain_prefix : recent_prefix};
  text += std::to_string(cursor.version);
  append_gaps(text, cursor);
  return text;
}

Result<SyncCursor> from_cursor(std::string_view text) {
  const Error bad = fail(Errc::bad_request, "Invalid cursor");
  if (text.size() > longest_cursor) return bad;
  const bool has_recent = text.starts_with(recent_prefix);
  if (!has_recent && !text.starts_with(plain_prefix)) return bad;
  text.remove_prefix(plain_prefix.size());
  const auto version = take_number(text, 10, '.');
  if (!version || has_recent == text.empty()) return bad;
  SyncCursor cursor{*version};
  if (!read_gaps(text, cursor)) return bad;
  return cursor;
}

}  // namespace parley::chat
