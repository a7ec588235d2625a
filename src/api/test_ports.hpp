#pragma once

#include <boost/asio/post.hpp>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "chat/ports/feed.hpp"
#include "chat/ports/message_store.hpp"
#include "net/signal.hpp"

namespace parley::api {

/// Passes everything on to `inner`; a test overrides what it wants to be otherwise.
class StoreInFront : public chat::MessageStore {
 public:
  Task<Result<chat::Appended>> append(chat::NewMessage draft) override {
    return inner->append(std::move(draft));
  }
  Task<Result<chat::MessagePage>> history(chat::HistoryQuery query) override {
    return inner->history(std::move(query));
  }
  Task<Result<chat::MessagePage>> backlog(chat::BacklogQuery query) override {
    return inner->backlog(query);
  }
  Task<Result<chat::SyncPage>> changes(chat::UserId user, chat::SyncCursor since,
                                       std::size_t limit) override {
    return inner->changes(user, std::move(since), limit);
  }

  chat::MessageStore* inner = nullptr;
};

/// Of what is asked for while `is_patient`, each waits for a `go_on` of its own.
class PatientStore : public StoreInFront {
 public:
  Task<Result<chat::MessagePage>> backlog(chat::BacklogQuery query) override {
    co_await wait();
    co_return co_await inner->backlog(query);
  }
  Task<Result<chat::SyncPage>> changes(chat::UserId user, chat::SyncCursor since,
                                       std::size_t limit) override {
    asked.push_back(user);
    co_await wait();
    co_return co_await inner->changes(user, std::move(since), limit);
  }

  std::size_t waiting() const { return waiting_.size(); }
  void go_on() {
    waiting_.front()->notify();
    waiting_.pop_front();
  }

  std::vector<chat::UserId> asked;  ///< Who called `changes`.
  bool is_patient = false;

 private:
  Task<void> wait() {
    if (!is_patient) co_return;
    const auto signal = std::make_shared<net::Signal>(co_await asio::this_coro::executor);
    waiting_.push_back(signal);
    const SteadyTime never = SteadyTime::max();
    co_await signal->wait_until(never);
  }

  std::deque<std::shared_ptr<net::Signal>> waiting_;
};

/// Publishes what the test says, when it says it.
class ToldFeed : public chat::Feed {
 public:
  explicit ToldFeed(chat::Version version) : version_(version) {}

  chat::Version subscribe(Executor executor, Subscriber subscriber) override {
    subscribers_.push_back({executor, std::move(subscriber)});
    return version_;
  }
  void publish(const chat::ChangeBatchPtr& batch) {
    for (const auto& [executor, subscriber] : subscribers_)
      asio::post(executor, [&subscriber, batch] { subscriber(batch); });
  }

 private:
  chat::Version version_;  ///< What who subscribes is told.
  std::vector<std::pair<Executor, Subscriber>> subscribers_;
};

}  // namespace parley::api
