#include "app/bouncer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;

/// Answers as the memory does, and the first question after the second.
class OutOfOrder final : public chat::OperatorStore {
 public:
  explicit OutOfOrder(chat::OperatorStore& store) : store_(store) {}

  Task<Result<std::vector<chat::UserId>>> disabled(Time deleted_since) override {
    const bool is_first = ++asked_ == 1;
    auto found = co_await store_.disabled(deleted_since);
    const Executor executor = co_await asio::this_coro::executor;
    constexpr asio::use_awaitable_t<Executor> token{};
    while (is_first && answered_ == 0) co_await asio::post(executor, token);
    ++answered_;
    co_return found;
  }

  Task<Result<std::vector<chat::Account>>> accounts(std::optional<chat::UserId> after,
                                                    std::size_t limit) override {
    return store_.accounts(after, limit);
  }
  Task<Result<chat::Account>> set_disabled(chat::UserId id, bool disabled, Time now) override {
    return store_.set_disabled(id, disabled, now);
  }
  Task<Result<chat::Account>> erase(chat::UserId id, chat::SentTexts texts, Time now) override {
    return store_.erase(id, texts, now);
  }
  Task<Result<std::vector<chat::Login>>> logins(chat::UserId user) override {
    return store_.logins(user);
  }
  Task<Result<chat::MessagePlace>> place_of(chat::MessageId id) override {
    return store_.place_of(id);
  }

 private:
  chat::OperatorStore& store_;
  int asked_ = 0, answered_ = 0;
};

class BouncerTest : public ::testing::Test {
 protected:
  BouncerTest() {
    chat::Account ann;
    ann.id = ann_;
    ann.username = "ann";
    ann.email = "ann@example.org";
    EXPECT_TRUE(run(stores_.accounts.create(ann)));
  }
  template <class T>
  T run(Task<T> task) {
    return chat::fakes::run(context_, std::move(task));
  }
  static Task<bool> look(Bouncer& bouncer, Time now) {
    co_await bouncer.look(now);
    co_return true;
  }
  /// Finds her disabled.
  Task<bool> disable_and_look(Bouncer& bouncer) {
    const auto disabled = co_await stores_.operators.set_disabled(ann_, true, now_);
    EXPECT_TRUE(disabled);
    co_await bouncer.look(now_);
    co_return true;
  }
  Bouncer::Doors doors() {
    return {bars_, [this](chat::UserId user) { closed_.push_back(user); }};
  }

  const chat::UserId ann_ = *chat::UserId::parse("507f1f77bcf86cd799439011");
  const Time now_ = from_unix_ms(1'750'000'000'000);
  asio::io_context context_;
  net::Shards shards_{1};
  chat::fakes::MemoryStores stores_;
  chat::Bars bars_;
  std::vector<chat::UserId> closed_;
};

TEST_F(BouncerTest, shows_those_the_door_who_are_disabled) {
  Bouncer bouncer(shards_[0], stores_.operators, doors(), 15min);
  ASSERT_TRUE(run(stores_.operators.set_disabled(ann_, true, now_)));
  run(look(bouncer, now_));
  EXPECT_TRUE(bars_.has(ann_));
  run(look(bouncer, now_ + 1s));
  EXPECT_EQ(closed_, std::vector{ann_});
  ASSERT_TRUE(run(stores_.operators.set_disabled(ann_, false, now_)));
  run(look(bouncer, now_ + 2s));
  EXPECT_FALSE(bars_.has(ann_));
}

TEST_F(BouncerTest, stays_with_the_later_of_two_answers) {
  OutOfOrder store(stores_.operators);
  Bouncer bouncer(shards_[0], store, doors(), 15min);
  std::vector<Task<bool>> looks;
  looks.push_back(look(bouncer, now_));
  looks.push_back(disable_and_look(bouncer));
  chat::fakes::run_all(context_, std::move(looks));
  EXPECT_TRUE(bars_.has(ann_));
}

TEST_F(BouncerTest, bars_those_deleted_by_a_node_whose_clock_is_another) {
  Bouncer bouncer(shards_[0], stores_.operators, doors(), 15min);
  ASSERT_TRUE(run(stores_.operators.erase(ann_, chat::SentTexts::kept, now_)));
  run(look(bouncer, now_ + 1h));
  EXPECT_TRUE(bars_.has(ann_)) << "one hour behind ours";
  run(look(bouncer, now_ + 24h * 30));
  EXPECT_FALSE(bars_.has(ann_)) << "for ever";
}

}  // namespace
}  // namespace parley::app
