#include "chat/accounts.hpp"

#include <utility>

namespace parley::chat {

Accounts::Accounts(AccountStore& store, PasswordHasher& hasher, ObjectIdSource& ids, Limits limits,
                   AccountRules rules)
    : store_(store), hasher_(hasher), ids_(ids), limits_(limits), rules_(rules) {}

Task<Result<Account>> Accounts::register_account(Registration registration, Time now) {
  auto checked = check(std::move(registration), limits_);
  if (!checked) co_return checked.error();
  // A taken address is refused before the costly hash; the store decides between two at once.
  const auto taken = co_await store_.find_by_email(checked->email);
  if (taken) co_return fail(Errc::conflict, "Email already registered");
  if (taken.error().code != Errc::not_found) co_return taken.error();
  auto hash = co_await hasher_.hash(std::move(checked->password));
  if (!hash) co_return hash.error();
  Account account;
  account.id = UserId{ids_.next(now)};
  account.username = std::move(checked->username);
  account.email = std::move(checked->email);
  account.password_hash = std::move(*hash);
  account.created_at = account.updated_at = now;
  auto created = co_await store_.create(std::move(account));
  if (!created && created.error().code == Errc::conflict) {
    co_return fail(Errc::conflict, "Email already registered");
  }
  co_return created;
}

Task<Result<Account>> Accounts::login(std::string email, std::string password) {
  Result<Account> account = fail(Errc::not_found);
  if (email.size() <= limits_.email_max) account = co_await store_.find_by_email(std::move(email));
  if (!account && account.error().code != Errc::not_found) co_return account.error();
  auto right = Result<bool>{fail(Errc::corrupt)};
  if (account) {
    std::string hash = account->password_hash;
    right = co_await hasher_.verify(password, std::move(hash));
  }
  // Nobody, or who has no password: deleted, or left over from what is no bcrypt hash.
  const bool has_password = right || right.error().code != Errc::corrupt;
  if (!has_password) right = co_await hasher_.verify(std::move(password), hasher_.nobodys_hash());
  if (!right) co_return right.error();
  if (!has_password || !*right) co_return fail(Errc::unauthorized, "Invalid email or password");
  if (account->disabled) co_return fail(Errc::forbidden, "This account is disabled");
  if (rules_.require_verified_email && !account->email_verified) {
    co_return fail(Errc::forbidden, "Please verify your e-mail address");
  }
  co_return account;
}

Task<Result<Account>> Accounts::confirm(UserId id, std::string password) {
  const auto account = co_await store_.find(id);
  if (!account) co_return account.error();
  std::string hash = account->password_hash;
  const auto right = co_await hasher_.verify(std::move(password), std::move(hash));
  if (!right) co_return right.error();
  if (!*right) co_return fail(Errc::forbidden, "Wrong password");
  co_return account;
}

Task<Result<Account>> Accounts::find(UserId id) { return store_.find(id); }

Task<Result<std::vector<Account>>> Accounts::find_many(std::vector<UserId> ids) {
  return store_.find_many(std::move(ids));
}

Task<Result<std::vector<Account>>> Accounts::search(std::string username_prefix) {
  std::string prefix{trim(username_prefix)};
  // A name takes at most four bytes a character, so nothing longer can match.
  if (prefix.empty() || prefix.size() > 4 * limits_.username_max) co_return std::vector<Account>{};
  co_return co_await store_.search(std::move(prefix), limits_.search_max);
}

Task<Result<Account>> Accounts::update_profile(UserId id, ProfilePatch patch, Time now) {
  auto checked = check(std::move(patch), limits_);
  if (!checked) co_return checked.error();
  ProfilePatch good = std::move(*checked);
  co_return co_await store_.update(id, std::move(good), now);
}

}  // namespace parley::chat
