#pragma once

#include "chat/ports/conversation_store.hpp"

namespace parley::store::mongo {

class Database;

/// Conversations, read by their participants.
class ConversationStore final : public chat::ConversationStore {
 public:
  explicit ConversationStore(Database& database) : database_(database) {}

  Task<Result<chat::Conversation>> find(chat::ConversationId id, chat::UserId viewer) override;
  Task<Result<chat::SummaryPage>> list(chat::UserId viewer, std::optional<std::string> cursor,
                                       std::size_t limit) override;
  Task<Result<chat::Summary>> between(chat::UserId viewer, chat::UserId other) override;
  Task<Result<std::vector<chat::UserId>>> peers(chat::UserId user) override;

 private:
  Database& database_;
};

}  // namespace parley::store::mongo
