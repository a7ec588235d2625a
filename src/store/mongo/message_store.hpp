#pragma once

#include "chat/ports/message_store.hpp"

namespace parley::store::mongo {

class Database;

/// Messages in MongoDB: appended by the writer, a group of them in one insert, read by indexes.
///
/// A message is acknowledged when a majority has it in its journal. While the database is away a
/// message is tried again, under the same _id, until the write deadline; then the answer is
/// `unavailable`, and nobody knows whether the last try has arrived: it may be there later (once,
/// and its place in the order is its own). A client that repeats it with its client id learns so;
/// without one it may be sent twice. Anything less would take back what others may have read.
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

}  // namespace parley::store::mongo
