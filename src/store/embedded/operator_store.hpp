#pragma once

#include "chat/ports/operator_store.hpp"

namespace parley::store::embedded {

class Database;

/// What an operator does in the embedded store. Texts are removed a few hundred a batch, so that
/// people's writes get their turn between.
class OperatorStore final : public chat::OperatorStore {
 public:
  explicit OperatorStore(Database& database) : database_(database) {}

  Task<Result<std::vector<chat::Account>>> accounts(std::optional<chat::UserId> after,
                                                    std::size_t limit) override;
  Task<Result<chat::Account>> set_disabled(chat::UserId id, bool disabled, Time now) override;
  Task<Result<std::vector<chat::UserId>>> disabled(Time deleted_since) override;
  Task<Result<std::vector<chat::Ending>>> ended(Time since, std::size_t limit) override;
  Task<Result<chat::Account>> erase(chat::UserId id, chat::SentTexts texts, Time now) override;
  Task<Result<std::vector<chat::Login>>> logins(chat::UserId user) override;
  Task<Result<chat::MessagePlace>> place_of(chat::MessageId id) override;

 private:
  Task<Result<Done>> remove_texts(chat::UserId user);
  Task<Result<Done>> remove_texts(chat::UserId user, chat::ConversationId conversation);

  Database& database_;
};

}  // namespace parley::store::embedded
