#include "chat/logins.hpp"

#include <algorithm>
#include <utility>

#include "chat/rules.hpp"

namespace parley::chat {

Logins::Logins(Accounts& accounts, Ports ports, Limits limits)
    : accounts_(accounts), ports_(ports), limits_(limits) {}

Task<Result<TokenPair>> Logins::begin(Sessions& sessions, Account proved, Time now) {
  auto tokens = co_await sessions.open(proved.id, now);
  if (!tokens) co_return tokens.error();
  // Asked after the opening: whoever changes the password meanwhile is seen here, or ends this one.
  const auto still = co_await ports_.accounts.find(proved.id);
  if (still && still->password_hash == proved.password_hash && !still->disabled) co_return tokens;
  const auto ended = co_await ports_.sessions.revoke(tokens->family);
  if (!ended) co_return ended.error();
  if (!still && still.error().code != Errc::not_found) co_return still.error();
  co_return fail(Errc::unauthorized, "Invalid email or password");
}

Task<Result<std::vector<Login>>> Logins::open(UserId user, Time now) {
  auto logins = co_await ports_.remembered.logins(user);
  if (!logins) co_return logins.error();
  std::erase_if(*logins, [now](const Login& login) {
    return login.revoked || login.family.expires_at <= now;
  });
  co_return logins;
}

Task<Result<Done>> Logins::end(UserId user, FamilyId login, Time now) {
  const auto logins = co_await open(user, now);
  if (!logins) co_return logins.error();
  const bool is_theirs = std::any_of(logins->begin(), logins->end(),
                                     [&](const Login& one) { return one.family.id == login; });
  if (!is_theirs) co_return fail(Errc::not_found, "Session not found");
  co_return co_await ports_.sessions.revoke(login);
}

Task<Result<std::vector<FamilyId>>> Logins::change_password(PasswordChange wish, Time now) {
  if (auto checked = check_password(wish.wanted, limits_); !checked) {
    Error error = std::move(checked).error();
    for (FieldError& field : error.fields) field.field = "newPassword";
    co_return error;
  }
  const auto account = co_await accounts_.confirm(wish.user, std::move(wish.current));
  if (!account) co_return account.error();
  auto hash = co_await ports_.hasher.hash(std::move(wish.wanted));
  if (!hash) co_return hash.error();
  // While the current password is good: who is told that this failed can do it again.
  auto ended = co_await ports_.sessions.revoke_all(wish.user, wish.login);
  if (!ended) co_return ended.error();
  const auto set = co_await ports_.accounts.set_password(wish.user, account->password_hash,
                                                         std::move(*hash), now);
  if (!set && set.error().code == Errc::conflict) co_return fail(Errc::forbidden, "Wrong password");
  if (!set) co_return set.error();
  // Whoever logged in with the old one meanwhile.
  const auto late = co_await ports_.sessions.revoke_all(wish.user, wish.login);
  if (!late) co_return late.error();
  ended->insert(ended->end(), late->begin(), late->end());
  ended->push_back(originals_of(wish.user));
  co_return ended;
}

}  // namespace parley::chat
