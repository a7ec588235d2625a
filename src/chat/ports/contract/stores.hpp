#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/object_id.hpp"
#include "chat/fakes/run.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/conversation_store.hpp"
#include "chat/ports/feed.hpp"
#include "chat/ports/message_store.hpp"
#include "chat/ports/operator_store.hpp"
#include "chat/ports/receipt_store.hpp"
#include "chat/ports/session_store.hpp"

/// What every storage adapter promises, as tests. An adapter's own test includes the suites and
/// says `INSTANTIATE_TEST_SUITE_P(Embedded, MessageStoreContract, ::testing::Values(adapter));`
namespace parley::chat::contract {

/// A fresh, empty set of storage adapters that belong together.
class Stores {
 public:
  virtual ~Stores() = default;
  virtual AccountStore& accounts() = 0;
  virtual SessionStore& sessions() = 0;
  virtual MessageStore& messages() = 0;
  virtual ReceiptStore& receipts() = 0;
  virtual ConversationStore& conversations() = 0;
  virtual OperatorStore& operators() = 0;
  virtual Feed& feed() = 0;
};

struct Adapter {
  std::string name;
  std::function<std::unique_ptr<Stores>()> make;

  friend void PrintTo(const Adapter& adapter, std::ostream* out) { *out << adapter.name; }
};

inline Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

/// One fresh set of stores and the words that the suites speak in.
class StoresTest : public ::testing::TestWithParam<Adapter> {
 protected:
  template <class T>
  T run(Task<T> task) {
    return fakes::run(context_, std::move(task));
  }
  template <class T>
  std::vector<T> run_all(std::vector<Task<T>> tasks) {
    return fakes::run_all(context_, std::move(tasks));
  }
  /// The value of a task that must succeed.
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = run(std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }
  /// The code of a task that must fail.
  template <class T>
  Errc refusal(Task<Result<T>> task) {
    const Result<T> result = run(std::move(task));
    if (result) throw std::runtime_error("not refused");
    return result.error().code;
  }

  template <class AnyId>
  AnyId new_id() {
    return AnyId{ids_.next(at(0))};
  }

  /// So that what is noted from now on has another time.
  static void await_the_next_moment() {
    for (const Time now = wall_now(); wall_now() <= now + std::chrono::milliseconds{1};)
      std::this_thread::yield();
  }

  Account draft_account(const std::string& username) {
    Account account;
    account.id = new_id<UserId>();
    account.username = username;
    account.email = username + "@example.org";
    account.password_hash = "$2b$10$hash-of-" + username;
    account.created_at = account.updated_at = at(0);
    return account;
  }
  UserId user(const std::string& username) {
    return good(stores_->accounts().create(draft_account(username))).id;
  }

  static NewMessage draft(UserId from, UserId to, std::string content, Time now = at(1000)) {
    return NewMessage{from, to, std::move(content), std::nullopt, now};
  }
  Message say(UserId from, UserId to, std::string content, Time now = at(1000)) {
    return good(stores_->messages().append(draft(from, to, std::move(content), now))).message;
  }
  void deliver(const Message& message, Time now) {
    good(stores_->receipts().mark_delivered({mark(message)}, now));
  }
  static DeliveryMark mark(const Message& message) {
    return {message.receiver, message.conversation_id, message.id, message.sender, message.seq};
  }
  void read(const Message& message, Time now) {
    good(stores_->receipts().mark_read(message.receiver, message.id, now));
  }

  /// All of a conversation, oldest first.
  std::vector<Message> all_of(ConversationId id, UserId viewer) {
    HistoryQuery query;
    query.conversation_id = id;
    query.viewer = viewer;
    query.limit = 100'000;
    return good(stores_->messages().history(query)).messages;
  }
  Message as_seen(const Message& message) {
    for (Message& one : all_of(message.conversation_id, message.sender)) {
      if (one.id == message.id) return std::move(one);
    }
    throw std::runtime_error("the message is gone");
  }
  std::uint64_t unread(UserId viewer) {
    std::uint64_t count = 0;
    for (const Summary& one :
         good(stores_->conversations().list(viewer, std::nullopt, 100)).summaries) {
      count += one.unread_count;
    }
    return count;
  }

  /// Everything that the feed says from now on.
  const std::vector<Change>& listen() {
    stores_->feed().subscribe(context_.get_executor(), [this](const ChangeBatchPtr& batch) {
      for (const Change& change : batch->changes) heard_.push_back(change);
    });
    return heard_;
  }

  asio::io_context context_{1};
  asio::io_context other_context_{1};  ///< For a second thread. Both outlive the stores.
  ObjectIdSource ids_;
  std::vector<Change> heard_;
  std::unique_ptr<Stores> stores_ = GetParam().make();
};

inline std::vector<std::string> contents(const std::vector<Message>& messages) {
  std::vector<std::string> all;
  for (const Message& message : messages) all.push_back(message.content);
  return all;
}

}  // namespace parley::chat::contract
