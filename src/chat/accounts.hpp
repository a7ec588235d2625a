#pragma once

#include <string>
#include <vector>

#include "base/object_id.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/account.hpp"
#include "chat/limits.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/credentials.hpp"
#include "chat/rules.hpp"

namespace parley::chat {

struct AccountRules {
  bool require_verified_email = false;  ///< Nobody logs in before.
};

/// Registration, login and profiles. Keeps nothing itself: any shard may call it, and results come
/// back there. Its ports outlive it. Besides what is named, every call passes the ports' errors on.
class Accounts {
 public:
  Accounts(AccountStore& store, PasswordHasher& hasher, ObjectIdSource& ids, Limits limits,
           AccountRules rules = {});

  /// bad_request with fields; conflict `Email already registered`; overloaded.
  Task<Result<Account>> register_account(Registration registration, Time now);
  /// unauthorized `Invalid email or password` for an unknown address, for a wrong password, and for
  /// an account that has none, after the same work; forbidden `This account is disabled`, `Please
  /// verify your e-mail address`; overloaded.
  Task<Result<Account>> login(std::string email, std::string password);
  /// Their account, if it is really them. not_found; forbidden `Wrong password`; overloaded.
  Task<Result<Account>> confirm(UserId id, std::string password);
  /// not_found.
  Task<Result<Account>> find(UserId id);
  /// Those that exist, in the order asked.
  Task<Result<std::vector<Account>>> find_many(std::vector<UserId> ids);
  /// By the beginning of the username; nobody for an empty one.
  Task<Result<std::vector<Account>>> search(std::string username_prefix);
  /// bad_request with fields; not_found.
  Task<Result<Account>> update_profile(UserId id, ProfilePatch patch, Time now);

 private:
  AccountStore& store_;
  PasswordHasher& hasher_;
  ObjectIdSource& ids_;
  Limits limits_;
  AccountRules rules_;
};

}  // namespace parley::chat
