#include <algorithm>

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/job_board.hpp"
#include "store/embedded/job_queue.hpp"
#include "store/embedded/layout.hpp"
#include "store/embedded/message_store.hpp"

namespace parley::store::embedded {

namespace {
/// The message that (sender, client_id) named first; nullopt when it is new.
std::optional<chat::Appended> find_first(Transaction& transaction, const chat::NewMessage& draft) {
  if (!draft.client_id) return std::nullopt;
  const auto known = transaction.sent_before(draft.sender, *draft.client_id);
  if (!known) return std::nullopt;
  const Head* head = transaction.find_head(known->location.conversation);
  if (head == nullptr) return std::nullopt;
  auto record = transaction.message(*head, known->location.seq);
  if (!record) return std::nullopt;
  chat::Appended first{head->message(known->location.seq, std::move(*record)), true};
  transaction.fill_times(*head, std::span(&first.message, 1));
  return first;
}

/// The next place in the conversation, taken by this draft.
MessageRecord next_message(Transaction& transaction, Head& head, chat::NewMessage& draft) {
  MessageRecord record;
  record.sender = *head.member(draft.sender);
  record.version = transaction.next_version();
  record.created_at = std::max(draft.now, head.last_created_at);
  record.id.bytes = transaction.new_id(draft.now);
  record.client_id = std::move(draft.client_id);
  record.content = std::move(draft.content);
  take_place(head, record);
  return record;
}

std::vector<chat::Unread> unread_of_all(const Head& head) {
  std::vector<chat::Unread> unread;
  unread.reserve(head.participants.size());
  for (Member member = 0; member < head.participants.size(); ++member) {
    unread.push_back({head.participants[member], head.unread(member)});
  }
  return unread;
}

Result<chat::Appended> append_message(Transaction& transaction, chat::NewMessage& draft) {
  if (auto first = find_first(transaction, draft); first && !transaction.error())
    return std::move(*first);
  if (draft.sender == draft.receiver) return fail(Errc::bad_request, "a message to oneself");
  const bool receiver_exists = transaction.user_exists(draft.receiver);
  Head* head = transaction.find_pair(draft.sender, draft.receiver);
  if (!receiver_exists || transaction.error())
    return refuse(transaction, Errc::not_found, "Receiver not found");

  transaction.require_sync();
  if (head == nullptr) head = &transaction.create_head(draft.sender, draft.receiver, draft.now);
  MessageRecord record = next_message(transaction, *head, draft);
  put_message(transaction, *head, record);
  remember_client_id(transaction, *head, record);
  chat::Message message = head->message(head->last_seq, std::move(record));
  transaction.publish(chat::MessageAppended{message, unread_of_all(*head)});
  return chat::Appended{std::move(message), false};
}
}  // namespace

/// Shared with the appends that wait, which may outlive the store.
struct MessageStore::Mailing {
  std::shared_ptr<JobBoard> board;
  JobOfMessage job;
  NotAdded not_added;

  void add(Transaction& transaction, const chat::Message& message, Time now) const {
    auto made = job(message);
    if (made && !board->add(transaction, std::move(*made), now)) not_added(message);
  }
};

void MessageStore::set_jobs(JobQueue& queue, JobOfMessage job, NotAdded not_added) {
  mailing_ =
      std::make_shared<const Mailing>(Mailing{queue.board(), std::move(job), std::move(not_added)});
}

/// What the committer does for one draft.
class MessageStore::Append {
 public:
  Append(chat::NewMessage draft, Stats& stats, std::shared_ptr<const Mailing> mailing)
      : draft_(std::move(draft)), stats_(&stats), mailing_(std::move(mailing)) {}

  Result<chat::Appended> operator()(Transaction& transaction) {
    auto appended = append_message(transaction, draft_);
    if (appended && appended->duplicate) ++stats_->duplicate_messages;
    if (appended && !appended->duplicate && draft_.mail && mailing_)
      mailing_->add(transaction, appended->message, draft_.now);
    return appended;
  }

 private:
  chat::NewMessage draft_;
  Stats* stats_;
  std::shared_ptr<const Mailing> mailing_;
};

class MessageStore::WaitedAppend final : public Operation {
 public:
  WaitedAppend(Append append, std::unique_ptr<chat::AppendWaiter> waiter)
      : append_(std::move(append)),
        waiter_(std::move(waiter)),
        executor_(waiter_->executor()),
        guard_(executor_) {}

  void execute(Transaction& transaction) override { result_.emplace(append_(transaction)); }
  void fail(const Error& error) override { result_.emplace(error); }
  void complete() override { waiter_->on_appended(std::move(*result_)); }
  const Executor* executor() const override { return &executor_; }

 private:
  Append append_;
  std::unique_ptr<chat::AppendWaiter> waiter_;
  Executor executor_;
  asio::executor_work_guard<Executor> guard_;  // as a Call's
  std::optional<Result<chat::Appended>> result_;
};

Task<Result<chat::Appended>> MessageStore::append(chat::NewMessage draft) {
  Append work{std::move(draft), database_.internals().stats, mailing_};
  return submit<chat::Appended>(database_.internals().committer, std::move(work));
}

void MessageStore::append_for(chat::NewMessage draft, std::unique_ptr<chat::AppendWaiter> waiter) {
  Append work{std::move(draft), database_.internals().stats, mailing_};
  database_.internals().committer.submit(
      std::make_unique<WaitedAppend>(std::move(work), std::move(waiter)));
}

}  // namespace parley::store::embedded
