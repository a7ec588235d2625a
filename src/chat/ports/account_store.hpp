#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/account.hpp"

namespace parley::chat {

/// Users. Adapters: embedded::AccountStore, fakes::MemoryAccounts. Any shard may call any store
/// port; results come back on the caller's shard. What changes an account does not find one that is
/// deleted. Besides the errors named, every call may give
/// unavailable, corrupt or closed.
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  /// Durable when it returns. conflict when the (folded) e-mail address is taken: of two at once
  /// one wins.
  virtual Task<Result<Account>> create(Account account) = 0;
  /// not_found.
  virtual Task<Result<Account>> find(UserId id) = 0;
  /// By the folded e-mail address. not_found.
  virtual Task<Result<Account>> find_by_email(std::string email) = 0;
  /// Those that exist, in the order asked, in one round trip.
  virtual Task<Result<std::vector<Account>>> find_many(std::vector<UserId> ids) = 0;
  /// By the beginning of the username, case-insensitively; at most `limit`, ordered by username.
  virtual Task<Result<std::vector<Account>>> search(std::string username_prefix,
                                                    std::size_t limit) = 0;
  /// not_found. Gives the account as it is now.
  virtual Task<Result<Account>> update(UserId id, ProfilePatch patch, Time now) = 0;
  /// conflict when the hash is not `expected` any more; not_found.
  virtual Task<Result<Done>> set_password(UserId id, std::string expected, std::string hash,
                                          Time now) = 0;
  /// True when it was not verified before. conflict when the address is another by now; not_found.
  virtual Task<Result<bool>> set_email_verified(UserId id, std::string email, Time now) = 0;
  /// not_found. Gives the account as it is now.
  virtual Task<Result<Account>> set_administrator(UserId id, bool administrator, Time now) = 0;
  /// Sets last_seen unless a later one is there. Not waited for by people: durable soon.
  virtual Task<Result<Done>> touch_last_seen(UserId id, Time at) = 0;
};

/// The form in which e-mail addresses are compared: ASCII letters in lower case, blanks around it
/// gone.
std::string fold_email(std::string_view email);
/// The form in which usernames are searched and ordered: ASCII letters in lower case.
std::string fold_username(std::string_view username);

}  // namespace parley::chat
