#include "chat/fakes/memory_accounts.hpp"

#include <algorithm>

namespace parley::chat::fakes {

Task<Result<Account>> MemoryAccounts::create(Account account) {
  const std::lock_guard lock{mutex_};
  if (!by_email_.emplace(fold_email(account.email), account.id).second) {
    co_return fail(Errc::conflict, "Email already registered");
  }
  accounts_[account.id] = account;
  co_return account;
}

Task<Result<Account>> MemoryAccounts::find(UserId id) {
  const std::lock_guard lock{mutex_};
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) co_return fail(Errc::not_found, "User not found");
  co_return found->second;
}

Task<Result<Account>> MemoryAccounts::find_by_email(std::string email) {
  const std::lock_guard lock{mutex_};
  const auto found = by_email_.find(fold_email(email));
  if (found == by_email_.end()) co_return fail(Errc::not_found, "User not found");
  co_return accounts_.at(found->second);
}

Task<Result<std::vector<Account>>> MemoryAccounts::find_many(std::vector<UserId> ids) {
  const std::lock_guard lock{mutex_};
  std::vector<Account> found;
  for (const UserId id : ids) {
    if (const auto one = accounts_.find(id); one != accounts_.end()) found.push_back(one->second);
  }
  co_return found;
}

Task<Result<std::vector<Account>>> MemoryAccounts::search(std::string username_prefix,
                                                          std::size_t limit) {
  const std::lock_guard lock{mutex_};
  const std::string prefix = fold_username(username_prefix);
  std::map<std::pair<std::string, UserId>, const Account*> matches;
  for (const auto& [id, account] : accounts_) {
    const std::string folded = fold_username(account.username);
    if (folded.starts_with(prefix) && !account.deleted)
      matches.emplace(std::pair{folded, id}, &account);
  }
  std::vector<Account> found;
  for (const auto& [key, account] : matches) {
    if (found.size() == limit) break;
    found.push_back(*account);
  }
  co_return found;
}

Task<Result<Account>> MemoryAccounts::update(UserId id, ProfilePatch patch, Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || found->second.deleted)
    co_return fail(Errc::not_found, "User not found");
  Account& account = found->second;
  if (patch.name) account.name = patch.name;
  if (patch.avatar) account.avatar = patch.avatar;
  if (patch.email_notifications) account.email_notifications = *patch.email_notifications;
  account.updated_at = now;
  co_return account;
}

Task<Result<Done>> MemoryAccounts::set_password(UserId id, std::string expected, std::string hash,
                                                Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || found->second.deleted)
    co_return fail(Errc::not_found, "User not found");
  Account& account = found->second;
  if (account.password_hash != expected) co_return fail(Errc::conflict, "another password by now");
  account.password_hash = std::move(hash);
  account.updated_at = now;
  co_return Done{};
}

Task<Result<bool>> MemoryAccounts::set_email_verified(UserId id, std::string email, Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || found->second.deleted)
    co_return fail(Errc::not_found, "User not found");
  Account& account = found->second;
  if (fold_email(account.email) != fold_email(email))
    co_return fail(Errc::conflict, "another address by now");
  if (account.email_verified) co_return false;
  account.email_verified = true;
  account.updated_at = now;
  co_return true;
}

Task<Result<Account>> MemoryAccounts::set_administrator(UserId id, bool administrator, Time now) {
  const std::lock_guard lock{mutex_};
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || found->second.deleted)
    co_return fail(Errc::not_found, "User not found");
  found->second.administrator = administrator;
  found->second.updated_at = now;
  co_return found->second;
}

Task<Result<Done>> MemoryAccounts::touch_last_seen(UserId id, Time at) {
  const std::lock_guard lock{mutex_};
  if (const auto found = accounts_.find(id); found != accounts_.end() && !found->second.deleted) {
    std::optional<Time>& seen = found->second.last_seen;
    seen = seen ? std::max(*seen, at) : at;
  }
  co_return Done{};
}

std::vector<Account> MemoryAccounts::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<Account> accounts;
  for (const auto& [id, account] : accounts_) accounts.push_back(account);
  return accounts;
}

void MemoryAccounts::replace(const Account& account) {
  const std::lock_guard lock{mutex_};
  by_email_.erase(fold_email(accounts_.at(account.id).email));
  by_email_[fold_email(account.email)] = account.id;
  accounts_[account.id] = account;
}

bool MemoryAccounts::exists(UserId id) const {
  const std::lock_guard lock{mutex_};
  return accounts_.contains(id);
}

}  // namespace parley::chat::fakes
