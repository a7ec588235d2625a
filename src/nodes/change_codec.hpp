#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "chat/change.hpp"

namespace parley::nodes {

/// Logins to be ended: nullopt means all of the user's.
struct CloseLogins {
  chat::UserId user;
  std::optional<chat::FamilyId> family;

  friend bool operator==(const CloseLogins&, const CloseLogins&) = default;
};

/// What one node tells the others on a user's channel, as JSON:
/// `{"v":1,"node":"…","changes":[…]}` or `{"v":1,"node":"…","close":{"user":"…","family":"…"}}`.
struct Notice {
  std::string node;  ///< Who tells.
  std::variant<std::vector<chat::Change>, CloseLogins> what;
};

/// A change as an element of `changes`.
std::string encode(const chat::Change& change);
/// A whole notice about changes that are encoded already.
std::string encode_changes(std::string_view node, std::span<const std::string* const> changes);
std::string encode_close(std::string_view node, const CloseLogins& close);

/// True when `node` itself wrote the notice: told without reading it.
bool is_own(std::string_view text, std::string_view node);

/// What is newer than we are is left out: changes of unknown kinds, unknown members. Errors:
/// not_supported (another `v`), corrupt (anything that no node writes).
Result<Notice> decode(std::string_view text);

}  // namespace parley::nodes
