#include "chat/fakes/memory_operators.hpp"

namespace parley::chat::fakes {

Task<Result<std::vector<Account>>> MemoryOperators::accounts(std::optional<UserId> after,
                                                             std::size_t limit) {
  std::vector<Account> page;
  for (const Account& account : accounts_.all()) {
    if ((!after || account.id > *after) && page.size() < limit) page.push_back(account);
  }
  co_return page;
}

Task<Result<Account>> MemoryOperators::set_disabled(UserId id, bool disabled, Time now) {
  auto account = co_await accounts_.find(id);
  if (!account) co_return account.error();
  if (account->deleted) co_return fail(Errc::conflict, "the account is deleted");
  if (account->disabled == disabled) co_return account;
  account->disabled = disabled;
  account->updated_at = now;
  accounts_.replace(*account);
  co_return account;
}

Task<Result<std::vector<UserId>>> MemoryOperators::disabled(Time deleted_since) {
  std::vector<UserId> users;
  for (const Account& account : accounts_.all()) {
    const bool is_old = account.deleted && account.updated_at < deleted_since;
    if (account.disabled && !is_old) users.push_back(account.id);
  }
  co_return users;
}

Task<Result<std::vector<Ending>>> MemoryOperators::ended(Time since, std::size_t limit) {
  co_return sessions_.ended(since, limit);
}

Task<Result<Account>> MemoryOperators::erase(UserId id, SentTexts texts, Time now) {
  const auto account = co_await accounts_.find(id);
  if (!account) co_return account.error();
  const Account left = erased(*account, now);
  const auto squatter = co_await accounts_.find_by_email(left.email);
  if (squatter && squatter->id != id) co_return fail(Errc::conflict, "the address is taken");
  accounts_.replace(left);
  sessions_.forget(id);
  if (texts == SentTexts::removed) messages_.remove_texts(id);
  co_return left;
}

Task<Result<std::vector<Login>>> MemoryOperators::logins(UserId user) {
  co_return sessions_.of(user);
}

Task<Result<MessagePlace>> MemoryOperators::place_of(MessageId id) {
  co_return messages_.place_of(id);
}

}  // namespace parley::chat::fakes
