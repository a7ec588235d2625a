#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// A user as it is stored. `password_hash` never leaves the domain: what goes out is made by
/// src/api from named fields.
struct Account {
  UserId id;
  std::string username;
  std::string email;          ///< As typed; compared in `fold_email` form.
  std::string password_hash;  ///< bcrypt, `$2b$…`.
  std::optional<std::string> name;
  std::optional<std::string> avatar;  ///< A URL.
  bool email_notifications = true;
  bool administrator = false;
  bool email_verified = false;    ///< They have followed a link in a mail to that address.
  bool disabled = false;          ///< Cannot log in, and no token of theirs is good.
  bool deleted = false;           ///< Only the id is left: see chat::erased. Disabled as well.
  std::optional<Time> last_seen;  ///< When the last device left; absent for somebody never seen.
  Time created_at;
  Time updated_at;

  friend bool operator==(const Account&, const Account&) = default;
};

/// What PATCH /api/users/me may change; absent = leave as it is.
struct ProfilePatch {
  std::optional<std::string> name;
  std::optional<std::string> avatar;
  std::optional<bool> email_notifications;
};

}  // namespace parley::chat
