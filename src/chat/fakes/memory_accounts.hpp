#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "chat/ports/account_store.hpp"

namespace parley::chat::fakes {

/// An AccountStore in memory, for tests. Any thread.
class MemoryAccounts final : public AccountStore {
 public:
  Task<Result<Account>> create(Account account) override;
  Task<Result<Account>> find(UserId id) override;
  Task<Result<Account>> find_by_email(std::string email) override;
  Task<Result<std::vector<Account>>> find_many(std::vector<UserId> ids) override;
  Task<Result<std::vector<Account>>> search(std::string username_prefix,
                                            std::size_t limit) override;
  Task<Result<Account>> update(UserId id, ProfilePatch patch, Time now) override;
  Task<Result<Done>> set_password(UserId id, std::string expected, std::string hash,
                                  Time now) override;
  Task<Result<bool>> set_email_verified(UserId id, std::string email, Time now) override;
  Task<Result<Account>> set_administrator(UserId id, bool administrator, Time now) override;
  Task<Result<Done>> touch_last_seen(UserId id, Time at) override;

  bool exists(UserId id) const;
  /// Everybody, by id.
  std::vector<Account> all() const;
  /// Puts an account in the place of the one of that id.
  void replace(const Account& account);

 private:
  mutable std::mutex mutex_;
  std::map<UserId, Account> accounts_;
  std::map<std::string, UserId> by_email_;
};

}  // namespace parley::chat::fakes
