#pragma once

#include "chat/fakes/memory_accounts.hpp"
#include "chat/fakes/memory_messages.hpp"
#include "chat/fakes/memory_sessions.hpp"
#include "chat/ports/operator_store.hpp"

namespace parley::chat::fakes {

/// An OperatorStore over the other fakes, which outlive it. Any thread.
class MemoryOperators final : public OperatorStore {
 public:
  MemoryOperators(MemoryAccounts& accounts, MemorySessions& sessions, MemoryMessages& messages)
      : accounts_(accounts), sessions_(sessions), messages_(messages) {}

  Task<Result<std::vector<Account>>> accounts(std::optional<UserId> after,
                                              std::size_t limit) override;
  Task<Result<Account>> set_disabled(UserId id, bool disabled, Time now) override;
  Task<Result<std::vector<UserId>>> disabled(Time deleted_since) override;
  Task<Result<std::vector<Ending>>> ended(Time since, std::size_t limit) override;
  Task<Result<Account>> erase(UserId id, SentTexts texts, Time now) override;
  Task<Result<std::vector<Login>>> logins(UserId user) override;
  Task<Result<MessagePlace>> place_of(MessageId id) override;

 private:
  MemoryAccounts& accounts_;
  MemorySessions& sessions_;
  MemoryMessages& messages_;
};

}  // namespace parley::chat::fakes
