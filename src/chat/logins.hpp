#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chat/accounts.hpp"
#include "chat/limits.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/credentials.hpp"
#include "chat/ports/operator_store.hpp"
#include "chat/ports/session_store.hpp"
#include "chat/sessions.hpp"

namespace parley::chat {

/// A wish for a new password of somebody who is logged in.
struct PasswordChange {
  UserId user;
  std::optional<FamilyId> login;  ///< The one that wishes it, and stays; nullopt: none stays.
  std::string current;
  std::string wanted;
};

/// What people do about their own logins: begin one, see them, end them, and change the password,
/// which ends all others. Who ends one closes its sockets. Keeps nothing itself: any shard. Its
/// ports outlive it, and their errors are passed on.
class Logins {
 public:
  struct Ports {
    AccountStore& accounts;
    SessionStore& sessions;
    OperatorStore& remembered;
    PasswordHasher& hasher;
  };
  /// `accounts` knows whether a password is right.
  Logins(Accounts& accounts, Ports ports, Limits limits);

  /// Opens one in `sessions` for whom Accounts::login has just let in. unauthorized `Invalid email
  /// or password`: the password has changed since, or the account was disabled or deleted.
  Task<Result<TokenPair>> begin(Sessions& sessions, Account proved, Time now);
  /// Those that could go on, the oldest first.
  Task<Result<std::vector<Login>>> open(UserId user, Time now);
  /// not_found `Session not found`: they have no such open login.
  Task<Result<Done>> end(UserId user, FamilyId login, Time now);
  /// Gives the logins that it has ended, that of the original's tokens too. bad_request with
  /// `newPassword`; forbidden `Wrong password`, also when another one was faster; not_found;
  /// overloaded.
  Task<Result<std::vector<FamilyId>>> change_password(PasswordChange wish, Time now);

 private:
  Accounts& accounts_;
  Ports ports_;
  Limits limits_;
};

}  // namespace parley::chat
