#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "chat/ports/message_store.hpp"
#include "jobs/queue.hpp"

namespace parley::store::embedded {

class Database;
class JobQueue;

/// Messages: appended by the committer (append.cpp), read by seeks whose cost does not depend on
/// how many messages there are (history.cpp, sync.cpp).
class MessageStore final : public chat::MessageStore {
 public:
  explicit MessageStore(Database& database) : database_(database) {}

  /// The job that a message causes; nullopt: none. Called on the committer thread; it neither waits
  /// nor throws. So is the other, when the queue has that job already, or no room.
  using JobOfMessage = std::function<std::optional<jobs::NewJob>(const chat::Message&)>;
  using NotAdded = std::function<void(const chat::Message&)>;
  /// From now on a new message whose draft says `mail` and its job become durable together, or
  /// neither does. Before the server opens.
  void set_jobs(JobQueue& queue, JobOfMessage job, NotAdded not_added);

  Task<Result<chat::Appended>> append(chat::NewMessage draft) override;
  void append_for(chat::NewMessage draft, std::unique_ptr<chat::AppendWaiter> waiter) override;
  Task<Result<chat::MessagePage>> history(chat::HistoryQuery query) override;
  Task<Result<chat::MessagePage>> backlog(chat::BacklogQuery query) override;
  Task<Result<chat::SyncPage>> changes(chat::UserId user, chat::SyncCursor since,
                                       std::size_t limit) override;

 private:
  struct Mailing;
  class Append;
  class WaitedAppend;
  Database& database_;
  std::shared_ptr<const Mailing> mailing_;
};

}  // namespace parley::store::embedded
