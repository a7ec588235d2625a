#pragma once

#include "chat/ports/message_store.hpp"

namespace parley::store::embedded {

class Database;

/// Messages: appended by the committer (append.cpp), read by seeks whose cost does not depend on
/// how many messages there are (history.cpp, sync.cpp).
class MessageStore final : public chat::MessageStore {
 public:
  explicit MessageStore(Database& database) : database_(database) {}

  Task<Result<chat::Appended>> append(chat::NewMessage draft) override;
  Task<Result<chat::MessagePage>> history(chat::HistoryQuery query) override;
  Task<Result<chat::MessagePage>> backlog(chat::BacklogQuery query) override;
  Task<Result<chat::SyncPage>> changes(chat::UserId user, chat::SyncCursor since,
                                       std::size_t limit) override;

 private:
  Database& database_;
};

}  // namespace parley::store::embedded
