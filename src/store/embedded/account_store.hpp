#pragma once

#include "chat/ports/account_store.hpp"

namespace parley::store::embedded {

class Database;

/// Users, their e-mail addresses and their searchable names.
class AccountStore final : public chat::AccountStore {
 public:
  explicit AccountStore(Database& database) : database_(database) {}

  Task<Result<chat::Account>> create(chat::Account account) override;
  Task<Result<chat::Account>> find(chat::UserId id) override;
  Task<Result<chat::Account>> find_by_email(std::string email) override;
  Task<Result<std::vector<chat::Account>>> find_many(std::vector<chat::UserId> ids) override;
  Task<Result<std::vector<chat::Account>>> search(std::string username_prefix,
                                                  std::size_t limit) override;
  Task<Result<chat::Account>> update(chat::UserId id, chat::ProfilePatch patch, Time now) override;
  Task<Result<Done>> set_password(chat::UserId id, std::string expected, std::string hash,
                                  Time now) override;
  Task<Result<bool>> set_email_verified(chat::UserId id, std::string email, Time now) override;
  Task<Result<chat::Account>> set_administrator(chat::UserId id, bool administrator,
                                                Time now) override;
  Task<Result<Done>> touch_last_seen(chat::UserId id, Time at) override;

 private:
  Database& database_;
};

}  // namespace parley::store::embedded
