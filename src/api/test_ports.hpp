#pragma once

#include <boost/asio/post.hpp>
#include <deque>
#include <map>
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

/// Of what passes while `is_patient`, each waits for a `go_on` of its own.
class Turnstile {
 public:
  std::size_t waiting() const { return waiting_.size(); }
  void go_on() {
    waiting_.front()->notify();
    waiting_.pop_front();
  }

  bool is_patient = false;

 protected:
  Task<void> wait() {
    if (!is_patient) co_return;
    const auto signal = std::make_shared<net::Signal>(co_await asio::this_coro::executor);
    waiting_.push_back(signal);
    const SteadyTime never = SteadyTime::max();
    co_await signal->wait_until(never);
  }

 private:
  std::deque<std::shared_ptr<net::Signal>> waiting_;
};

/// What is asked for passes one by one.
class PatientStore : public StoreInFront, public Turnstile {
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

  std::vector<chat::UserId> asked;  ///< Who called `changes`.
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

/// The feed of a node among others, which says what the test lets it say, when it lets it.
class ScriptedFeed final : public ToldFeed, public Turnstile {
 public:
  ScriptedFeed() : ToldFeed(chat::no_cut) {}
  Task<void> follow(chat::UserId user) override {
    ++followed[user];
    co_await wait();
  }
  void unfollow(chat::UserId user) override { --followed[user]; }
  chat::Version version_before(Time) const override { return before; }
  void on_gap(Executor executor, GapListener listener) override {
    gaps_.push_back({executor, std::move(listener)});
  }

  void say(const chat::Message& message) {
    const chat::MessageAppended appended{message, {{message.receiver, 1}, {message.sender, 0}}};
    publish({appended});
  }
  /// That it was delivered, in one commit with `others` more that nobody here hears of.
  void say_delivered(const chat::Message& message, std::size_t others) {
    chat::MessageDelivered delivered{message.conversation_id,
                                     message.id,
                                     message.seq,
                                     message.sender,
                                     message.receiver,
                                     wall_now(),
                                     0};
    std::vector<chat::Change> changes{delivered};
    delivered.sender = message.receiver;
    changes.resize(1 + others, delivered);
    publish(std::move(changes));
  }
  /// Whatever came behind `since` may be lost.
  void lose_some(chat::Version since) {
    for (const auto& [executor, listener] : gaps_)
      asio::post(executor, [&listener, since] { listener(since); });
  }

  std::map<chat::UserId, int> followed;
  chat::Version before = chat::no_cut;  ///< The versions of whatever comes.

 private:
  void publish(std::vector<chat::Change> changes) {
    ToldFeed::publish(std::make_shared<const chat::ChangeBatch>(
        chat::ChangeBatch{std::move(changes), chat::no_cut}));
  }

  std::vector<std::pair<Executor, GapListener>> gaps_;
};

}  // namespace parley::api
