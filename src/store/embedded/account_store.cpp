#include "store/embedded/account_store.hpp"

#include "store/embedded/bytes.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/layout.hpp"

namespace parley::store::embedded {

namespace {
Result<chat::Account> create_account(Transaction& transaction, const chat::Account& account) {
  const std::string email = chat::fold_email(account.email);
  const bool is_taken = transaction.account_by_email(email) || transaction.account(account.id);
  if (is_taken || transaction.error()) {
    return refuse(transaction, Errc::conflict, "Email already registered");
  }
  put_account(transaction, account);
  return account;
}

/// Changes an account that exists and is not deleted; `change` gives what the caller is told, or
/// why it does not. Nothing is written when it leaves everything as it is.
template <class T, class Change>
Result<T> change_account(Transaction& transaction, chat::UserId id, Time now, Change change) {
  auto account = transaction.account(id);
  if (!account || account->deleted || transaction.error())
    return refuse(transaction, Errc::not_found, "User not found");
  const chat::Account before = *account;
  Result<T> told = change(*account);
  if (!told || *account == before) return told;
  account->updated_at = now;
  transaction.require_sync();
  transaction.put(keys::account(id), encode(*account));
  if constexpr (std::is_same_v<T, chat::Account>) return *std::move(account);
  return told;
}

Result<std::vector<chat::Account>> search_accounts(View& view, std::string_view folded,
                                                   std::size_t limit) {
  std::vector<chat::UserId> ids;
  for (Scan row = view.scan(keys::username_prefix(folded)); row.valid() && ids.size() < limit;
       row.next()) {
    const auto key = row.key();
    ids.push_back(Parser(key.substr(key.size() - sizeof(ObjectId))).id<chat::UserId>());
  }
  std::vector<chat::Account> accounts;
  for (const chat::UserId& id : ids) {
    if (auto account = view.account(id)) accounts.push_back(std::move(*account));
  }
  return accounts;
}
}  // namespace

Task<Result<chat::Account>> AccountStore::create(chat::Account account) {
  return submit<chat::Account>(database_.internals().committer,
                               [account = std::move(account)](Transaction& transaction) {
                                 return create_account(transaction, account);
                               });
}

Task<Result<chat::Account>> AccountStore::find(chat::UserId id) {
  return read(database_.internals(), [id](View& view) -> Result<chat::Account> {
    auto account = view.account(id);
    if (!account) return fail(Errc::not_found, "User not found");
    return std::move(*account);
  });
}

Task<Result<chat::Account>> AccountStore::find_by_email(std::string email) {
  return read(database_.internals(),
              [email = std::move(email)](View& view) -> Result<chat::Account> {
                const auto id = view.account_by_email(chat::fold_email(email));
                auto account = id ? view.account(*id) : std::nullopt;
                if (!account) return fail(Errc::not_found, "User not found");
                return std::move(*account);
              });
}

Task<Result<std::vector<chat::Account>>> AccountStore::find_many(std::vector<chat::UserId> ids) {
  return read(database_.internals(),
              [ids = std::move(ids)](View& view) -> Result<std::vector<chat::Account>> {
                std::vector<chat::Account> accounts;
                for (const chat::UserId& id : ids) {
                  if (auto account = view.account(id)) accounts.push_back(std::move(*account));
                }
                return accounts;
              });
}

Task<Result<std::vector<chat::Account>>> AccountStore::search(std::string username_prefix,
                                                              std::size_t limit) {
  return read(database_.internals(),
              [prefix = chat::fold_username(username_prefix), limit](View& view) {
                return search_accounts(view, prefix, limit);
              });
}

Task<Result<chat::Account>> AccountStore::update(chat::UserId id, chat::ProfilePatch patch,
                                                 Time now) {
  auto change = [patch = std::move(patch)](chat::Account& account) -> Result<chat::Account> {
    if (patch.name) account.name = patch.name;
    if (patch.avatar) account.avatar = patch.avatar;
    if (patch.email_notifications) account.email_notifications = *patch.email_notifications;
    return account;
  };
  return submit<chat::Account>(database_.internals().committer,
                               [id, now, change = std::move(change)](Transaction& transaction) {
                                 return change_account<chat::Account>(transaction, id, now, change);
                               });
}

Task<Result<Done>> AccountStore::set_password(chat::UserId id, std::string expected,
                                              std::string hash, Time now) {
  auto change = [expected = std::move(expected),
                 hash = std::move(hash)](chat::Account& account) -> Result<Done> {
    if (account.password_hash != expected) return fail(Errc::conflict, "another password by now");
    account.password_hash = hash;
    return Done{};
  };
  return submit<Done>(database_.internals().committer,
                      [id, now, change = std::move(change)](Transaction& transaction) {
                        return change_account<Done>(transaction, id, now, change);
                      });
}

Task<Result<bool>> AccountStore::set_email_verified(chat::UserId id, std::string email, Time now) {
  auto change = [email = chat::fold_email(email)](chat::Account& account) -> Result<bool> {
    if (chat::fold_email(account.email) != email)
      return fail(Errc::conflict, "another address by now");
    return !std::exchange(account.email_verified, true);
  };
  return submit<bool>(database_.internals().committer,
                      [id, now, change = std::move(change)](Transaction& transaction) {
                        return change_account<bool>(transaction, id, now, change);
                      });
}

Task<Result<chat::Account>> AccountStore::set_administrator(chat::UserId id, bool administrator,
                                                            Time now) {
  const auto change = [administrator](chat::Account& account) -> Result<chat::Account> {
    account.administrator = administrator;
    return account;
  };
  return submit<chat::Account>(database_.internals().committer,
                               [id, now, change](Transaction& transaction) {
                                 return change_account<chat::Account>(transaction, id, now, change);
                               });
}

Task<Result<Done>> AccountStore::touch_last_seen(chat::UserId id, Time at) {
  return submit<Done>(database_.internals().committer,
                      [id, at](Transaction& transaction) -> Result<Done> {
                        if (transaction.user_exists(id)) Liveness::touch(transaction, id, at);
                        if (transaction.error()) return *transaction.error();
                        return Done{};
                      });
}

}  // namespace parley::store::embedded
